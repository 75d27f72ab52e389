"""A proxy of the PostgreSQL wire protocol that makes PostgreSQL answer as Redshift does."""
