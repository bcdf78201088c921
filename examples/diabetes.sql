-- Estimates how far diabetes will have progressed after a year: regression.
--
--     sqlflow run examples/diabetes.sql
--
-- Run it from the repository's root: file names are relative to where you are.

CREATE OR REPLACE TABLE diabetes AS
SELECT * FROM read_csv('examples/data/diabetes.csv');

CREATE OR REPLACE TABLE diabetes_train AS SELECT * EXCLUDE (id) FROM diabetes WHERE id % 5 <> 0;
CREATE OR REPLACE TABLE diabetes_test AS SELECT * FROM diabetes WHERE id % 5 = 0;

-- Without COLUMN every column but the label is a feature. The training stops when five rounds in a
-- row have not made it better on the validation set.
SELECT * FROM diabetes_train
TO TRAIN xgboost.gbtree
WITH
  objective = reg:squarederror,
  eta = 0.1,
  max_depth = 3,
  subsample = 0.8,
  train.num_boost_round = 200,
  train.early_stopping_rounds = 5,
  train.seed = 7,
  validation.select = 'SELECT * EXCLUDE (id) FROM diabetes_test'
LABEL progression
INTO diabetes_model;

SELECT * FROM diabetes_test
TO EVALUATE diabetes_model
WITH validation.metrics = [root_mean_squared_error, mean_absolute_error, r2]
LABEL progression
INTO diabetes_evaluation;

SELECT * FROM diabetes_evaluation;

SELECT * FROM diabetes_test
TO PREDICT diabetes_predicted.estimate
USING diabetes_model;

SELECT id, diabetes_test.age, diabetes_test.bmi, round(estimate) AS estimate, progression
FROM diabetes_predicted JOIN diabetes_test USING (id)
ORDER BY id LIMIT 5;

-- The explanation as a table: a row a feature, the most important first.
SELECT * FROM diabetes_test
TO EXPLAIN diabetes_model
INTO diabetes_explanation;

SELECT * FROM diabetes_explanation LIMIT 3;
