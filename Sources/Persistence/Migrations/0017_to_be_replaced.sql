-- Keeps the number until its migration is merged.
SELECT 1;
