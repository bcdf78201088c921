-- Tells malignant from benign tumours: two classes, two kinds of model on the same rows.
--
--     sqlflow run examples/breast_cancer.sql
--
-- Run it from the repository's root: file names are relative to where you are.
-- The two trainings do not depend on each other, so they may run at the same time.

CREATE OR REPLACE TABLE tumours AS
SELECT * FROM read_csv('examples/data/breast_cancer.csv');

CREATE OR REPLACE TABLE tumours_train AS SELECT * EXCLUDE (id) FROM tumours WHERE id % 4 <> 0;
CREATE OR REPLACE TABLE tumours_test AS SELECT * FROM tumours WHERE id % 4 = 0;

SELECT * FROM tumours_train
TO TRAIN xgboost.gbtree
WITH
  objective = binary:logistic,
  eval_metric = [logloss, auc],
  train.num_boost_round = 30,
  validation.select = 'SELECT * EXCLUDE (id) FROM tumours_test',
  validation.metrics = [accuracy, roc_auc]
LABEL diagnosis
INTO tumour_trees;

SELECT * FROM tumours_train
TO TRAIN LinearClassifier
WITH
  train.epoch = 30,
  optimizer.learning_rate = 0.05,
  validation.select = 'SELECT * EXCLUDE (id) FROM tumours_test',
  validation.metrics = [accuracy, roc_auc]
LABEL diagnosis
INTO tumour_line;

SELECT * FROM tumours_test
TO EVALUATE tumour_trees
WITH validation.metrics = [accuracy, precision, recall, roc_auc]
LABEL diagnosis
INTO tumour_trees_evaluation;

SELECT * FROM tumours_test
TO EVALUATE tumour_line
WITH validation.metrics = [accuracy, precision, recall, roc_auc]
LABEL diagnosis
INTO tumour_line_evaluation;

SELECT 'trees' AS model, * FROM tumour_trees_evaluation
UNION ALL
SELECT 'line', * FROM tumour_line_evaluation
ORDER BY model;

SELECT * FROM tumours_test
TO PREDICT tumours_predicted.predicted
USING tumour_trees;

SELECT diagnosis, predicted, count(*) AS tumours
FROM tumours_predicted JOIN tumours_test USING (id)
GROUP BY ALL ORDER BY ALL;

SELECT * FROM tumours_test
TO EXPLAIN tumour_trees
WITH summary.plot_type = dot, summary.max_display = 10;
