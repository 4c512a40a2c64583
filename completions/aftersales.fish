# Completion of aftersales in fish. Put it into ~/.config/fish/completions under the name aftersales.fish.
complete --command aftersales --no-files --keep-order --arguments '(AFTERSALES_COMPLETE=fish aftersales -- (commandline --current-process --tokenize --cut-at-cursor) (commandline --current-token --cut-at-cursor | string collect --allow-empty) 2>/dev/null)'
