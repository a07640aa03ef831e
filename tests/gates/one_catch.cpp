// scripts/lint must find these: Catch2 3 has none of them.
#define CATCH_CONFIG_FAST_COMPILE
#include <catch2/catch.hpp>

using namespace Catch::Matchers;

TEST_CASE("names of Catch2 2")
{
    CHECK_THAT("text", Catch::Contains("ex"));
    CHECK_THAT("text", Catch::Matchers::Contains("ex"));
    CHECK(1.5 == ::Approx(1.5));
}
