// Catch2 2 puts its implementation where this is defined; Catch2 3 has it in its library.
#define CATCH_CONFIG_RUNNER
#include "support/catch.hpp"

int main(int argc, char* argv[]) { return Catch::Session().run(argc, argv); }
