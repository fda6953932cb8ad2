"""What `pipeline.lever` is made of: composing what a run has to say, planning who hears it, making, delivering."""
