"""The loudspeakers: voices -> programme -> player -> outputs."""
