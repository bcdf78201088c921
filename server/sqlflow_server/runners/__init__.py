"""Runners: where jobs live and run; ``protocol`` says what a runner must do."""
