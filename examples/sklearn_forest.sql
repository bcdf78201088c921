-- Estimators of scikit-learn, by name: a forest that tells, and one that groups without a label.
--
--     sqlflow run examples/sklearn_forest.sql
--
-- Run it from the repository's root: file names are relative to where you are.

CREATE OR REPLACE TABLE flowers AS
SELECT * FROM read_csv('examples/data/iris.csv');

SELECT * EXCLUDE (id) FROM flowers WHERE id % 5 <> 1
TO TRAIN sklearn.ensemble.RandomForestClassifier
WITH
  model.n_estimators = 50,
  model.max_features = sqrt,
  model.random_state = 0,
  validation.select = 'SELECT * EXCLUDE (id) FROM flowers WHERE id % 5 = 1'
LABEL species
INTO forest;

SELECT * FROM flowers WHERE id % 5 = 1
TO PREDICT flowers_told.predicted
USING forest;

SELECT count(*) AS flowers, count(*) FILTER (predicted = species) AS told_right
FROM flowers_told JOIN flowers USING (id);

-- No LABEL: KMeans looks for groups by itself.
SELECT sepal_length, sepal_width, petal_length, petal_width FROM flowers
TO TRAIN KMeans
WITH model.n_clusters = 3, model.n_init = 10, model.random_state = 0
INTO groups;

SELECT * FROM flowers
TO PREDICT flowers_grouped.cluster
USING groups;

SELECT species, cluster, count(*) AS flowers
FROM flowers_grouped GROUP BY ALL ORDER BY ALL;

SELECT * EXCLUDE (id) FROM flowers WHERE id % 5 = 1
TO EXPLAIN forest;
