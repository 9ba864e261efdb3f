"""The guest: image, initramfs, agent and the wire to it."""
