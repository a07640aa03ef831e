#ifndef REELPIPE_TESTS_CATCH_HPP
#define REELPIPE_TESTS_CATCH_HPP

// Catch2 2 and 3 have different headers; only this file knows.
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif

#endif
