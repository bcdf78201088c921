-- Tells three species of iris apart by the sizes of their flowers.
--
--     sqlflow run examples/iris.sql
--
-- Run it from the repository's root: file names are relative to where you are.

CREATE OR REPLACE TABLE iris AS
SELECT * FROM read_csv('examples/data/iris.csv');

-- One flower in five is kept back to test the model with.
CREATE OR REPLACE TABLE iris_train AS SELECT * FROM iris WHERE id % 5 <> 1;
CREATE OR REPLACE TABLE iris_test AS SELECT * FROM iris WHERE id % 5 = 1;

SELECT species, count(*) AS flowers, round(avg(petal_length), 2) AS petal_length
FROM iris_train GROUP BY species ORDER BY species;

-- The validation set's loss is shown beside the training's, round by round.
SELECT * FROM iris_train
TO TRAIN xgboost.gbtree
WITH
  objective = multi:softprob,
  eta = 0.3,
  max_depth = 3,
  train.num_boost_round = 20,
  validation.select = 'SELECT * FROM iris_test',
  validation.metrics = [accuracy, log_loss]
COLUMN sepal_length, sepal_width, petal_length, petal_width
LABEL species
INTO iris_model;

SELECT * FROM iris_test
TO EVALUATE iris_model
WITH validation.metrics = [accuracy, f1, log_loss]
LABEL species
INTO iris_evaluation;

SELECT * FROM iris_evaluation;

-- The table iris_predicted gets the columns of the query without the label, and the prediction.
SELECT * FROM iris_test
TO PREDICT iris_predicted.predicted
USING iris_model;

SELECT id, iris_test.petal_length, iris_test.petal_width, species, predicted
FROM iris_predicted JOIN iris_test USING (id)
WHERE id % 25 = 1 ORDER BY id;

SELECT species, predicted, count(*) AS flowers
FROM iris_predicted JOIN iris_test USING (id)
GROUP BY ALL ORDER BY ALL;

-- How much each size counts.
SELECT * FROM iris_train
TO EXPLAIN iris_model
WITH summary.plot_type = bar;
