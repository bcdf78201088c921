-- Tells three species of iris apart by a neural network, epoch by epoch.
--
--     sqlflow run examples/dnn_iris.sql
--
-- Run it from the repository's root: file names are relative to where you are.

CREATE OR REPLACE TABLE dnn_iris AS
SELECT * EXCLUDE (id), id % 5 = 1 AS held_back FROM read_csv('examples/data/iris.csv');

SELECT * EXCLUDE (held_back) FROM dnn_iris WHERE NOT held_back
TO TRAIN DNNClassifier
WITH
  model.n_classes = 3,
  model.hidden_units = [16, 8],
  model.optimizer = Adam,
  optimizer.learning_rate = 0.01,
  train.epoch = 60,
  train.batch_size = 8,
  validation.select = 'SELECT * EXCLUDE (held_back) FROM dnn_iris WHERE held_back'
LABEL species
INTO dnn_iris_model;

SELECT * FROM dnn_iris WHERE held_back
TO EVALUATE dnn_iris_model
WITH validation.metrics = [accuracy, log_loss]
LABEL species
INTO dnn_iris_evaluation;

SELECT * FROM dnn_iris_evaluation;

SELECT * FROM dnn_iris WHERE held_back
TO PREDICT dnn_iris_predicted.species
USING dnn_iris_model;

SELECT species, count(*) AS flowers FROM dnn_iris_predicted GROUP BY species ORDER BY species;

-- The statement that made the model is kept with it.
SHOW TRAIN dnn_iris_model;
