#include "stages/annotations/seconds.hpp"

#include "support/catch.hpp"

using namespace std::chrono_literals;
using reelpipe::annotations::parse_seconds;

TEST_CASE("decimal seconds become microseconds digit by digit", "[seconds]")
{
    CHECK(parse_seconds("0") == 0us);
    CHECK(parse_seconds("000417") == 417s);
    CHECK(parse_seconds("191.000000") == 191s);
    CHECK(parse_seconds("12.345678") == 12'345'678us);
    CHECK(parse_seconds("0.1") == 100'000us);
    CHECK(parse_seconds("4503599.627371") == std::nullopt);
    CHECK(parse_seconds("863999.999999") ==
          863'999'999'999us);  // a double that goes through float seconds would lose it
    CHECK(parse_seconds(".5") == 500ms);
    CHECK(parse_seconds("5.") == 5s);
    CHECK(parse_seconds("0.0000005") == 1us);
    CHECK(parse_seconds("0.00000049") == 0us);
    CHECK(parse_seconds("864000") == 864'000s);
}

TEST_CASE("what is no time from 0 to ten days is no time", "[seconds]")
{
    for (const char* text : {"", ".", "-1", "+1", " 1", "1 ", "1e3", "0x10", "nan", "inf", "1:30", "1,5", "1.2.3",
                             "864000.000001", "99999999999999999999999999"}) {
        CAPTURE(text);
        CHECK(parse_seconds(text) == std::nullopt);
    }
}
