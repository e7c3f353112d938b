-- What the planner must know of tables that are too small to be analysed by themselves: one row of settings, not the
-- hundreds that it takes an unknown table to have. With those the view `advocate` kept all rows of a brand aside once more
-- to join them with each: a third of the time of the largest brand.
ANALYZE score_setting;
