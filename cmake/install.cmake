# What is installed: the library, its headers, the CMake package.
