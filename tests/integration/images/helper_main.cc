#include "images/unpack.h"

int main(int argc, char** argv) { return drydock::images::unpack_child_main(argc, argv); }
