"""The rollup that Spark keeps: batches of counts in Parquet, and states that say which count."""
