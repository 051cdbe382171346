"""The bundled sample: a yearly plan and bulletins of an invented commune, xã An Bình."""
