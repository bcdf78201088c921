-- Texts and codes as features: CATEGORY_ID and INDICATOR.
--
--     sqlflow run examples/categories.sql
--
-- Run it from the repository's root: file names are relative to where you are.

CREATE OR REPLACE TABLE patients AS
SELECT
  id,
  CASE WHEN age < 40 THEN 'young' WHEN age < 60 THEN 'middle' ELSE 'old' END AS age_group,
  CAST(sex AS INTEGER) AS sex,
  CAST(floor(bmi / 5) AS INTEGER) AS bmi_class,
  bp,
  CASE WHEN s5 > 4.6 THEN 'high' ELSE 'normal' END AS triglycerides,
  progression
FROM read_csv('examples/data/diabetes.csv');

-- INDICATOR gives a column for each category with a 1 in one of them; CATEGORY_ID the number of the
-- category, for whole numbers from 0 up to the size that is given. DENSE takes a number as it is.
SELECT * FROM patients WHERE id % 5 <> 0
TO TRAIN LinearRegressor
WITH
  train.epoch = 40,
  validation.select = 'SELECT * FROM patients WHERE id % 5 = 0',
  validation.metrics = [r2, mean_absolute_error]
COLUMN
  INDICATOR(age_group),
  INDICATOR(CATEGORY_ID(sex, 3)),
  CATEGORY_ID(bmi_class, 10),
  INDICATOR(triglycerides),
  DENSE(bp)
LABEL progression
INTO categories_model;

SELECT * FROM patients WHERE id % 5 = 0
TO EVALUATE categories_model
WITH validation.metrics = [r2, mean_absolute_error]
LABEL progression
INTO categories_evaluation;

SELECT * FROM categories_evaluation;

SELECT * FROM patients WHERE id % 5 = 0
TO PREDICT categories_predicted.estimate
USING categories_model;

SELECT age_group, triglycerides, count(*) AS patients, round(avg(estimate)) AS estimate
FROM categories_predicted GROUP BY ALL ORDER BY ALL;
