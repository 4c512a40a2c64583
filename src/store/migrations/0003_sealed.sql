-- Format 3: what is known of when and by whom. Rebuilt tables go first, so that what is added below is added to them.

-- When a coupon was made and a task was planned, by which lists find them between two days. Null in what was made before.
ALTER TABLE coupon ADD COLUMN created_at TEXT;
ALTER TABLE task ADD COLUMN created_at TEXT;
CREATE INDEX coupon_created ON coupon (COALESCE(created_at, ''), key);
CREATE INDEX task_created ON task (COALESCE(created_at, ''), key);
