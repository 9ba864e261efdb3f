"""The QEMU backend: processes, templates, clones, snapshots."""
