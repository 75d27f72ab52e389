-- The id of an event as its sender wrote it, where that is no UUID and id_evento is made of it.
ALTER TABLE eventos_clientes ADD COLUMN id_evento_original VARCHAR(128) ENCODE zstd;
