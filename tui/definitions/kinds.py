"""What a definition, its machine and its parameters can be."""

from __future__ import annotations

from enum import StrEnum


class Scope(StrEnum):
    """Where a definition comes from; a nearer scope (listed first) shadows a farther one."""

    PROJECT = "project"
    USER = "user"
    SHIPPED = "shipped"


class ExecutionMode(StrEnum):
    """Where a definition asks to run."""

    LOCAL = "local"
    FIRECRACKER = "firecracker"
    HYBRID = "hybrid"


class Profile(StrEnum):
    """The kind of machine a definition asks for."""

    MINIMAL = "minimal"
    STANDARD = "standard"
    DEVELOPMENT = "development"


class ParameterType(StrEnum):
    """The type a parameter's value has."""

    STRING = "string"
    NUMBER = "number"
    BOOLEAN = "boolean"
    ARRAY = "array"
    OBJECT = "object"
