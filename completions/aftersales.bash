# Completion of aftersales in bash. Put it where bash-completion looks, such as
# ~/.local/share/bash-completion/completions/aftersales, or source it from ~/.bashrc.
_aftersales() {
    local line
    COMPREPLY=()
    while IFS= read -r line; do
        COMPREPLY+=("$line")
    done < <(AFTERSALES_COMPLETE=bash "${COMP_WORDS[0]}" -- "${COMP_LINE:0:COMP_POINT}" "${COMP_WORDS[COMP_CWORD]}" 2>/dev/null)
    if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *[=/] ]]; then
        compopt -o nospace 2>/dev/null
    fi
}
complete -o nosort -F _aftersales aftersales 2>/dev/null || complete -F _aftersales aftersales
