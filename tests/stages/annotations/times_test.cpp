#include "stages/annotations/times.hpp"

#include "support/catch.hpp"

using namespace std::chrono_literals;
using reelpipe::annotations::parse_time;

TEST_CASE("decimal seconds become microseconds digit by digit", "[times]")
{
    CHECK(parse_time("0") == 0us);
    CHECK(parse_time("000417") == 417s);
    CHECK(parse_time("191.000000") == 191s);
    CHECK(parse_time("12.345678") == 12'345'678us);
    CHECK(parse_time("0.1") == 100'000us);
    CHECK(parse_time("4503599.627371") == std::nullopt);
    CHECK(parse_time("863999.999999") == 863'999'999'999us);  // a double that goes through float seconds would lose it
    CHECK(parse_time(".5") == 500ms);
    CHECK(parse_time("5.") == 5s);
    CHECK(parse_time("0.0000005") == 1us);
    CHECK(parse_time("0.00000049") == 0us);
    CHECK(parse_time("864000") == 864'000s);
}

TEST_CASE("what is no time from 0 to ten days is no time", "[times]")
{
    for (const char* text : {"", ".", "-1", "+1", " 1", "1 ", "1e", "e3", "1e99", "1e-3x", "0x10", "nan", "inf", "1,5",
                             "1.2.3", "864000.000001", "99999999999999999999999999"}) {
        CAPTURE(text);
        CHECK(parse_time(text) == std::nullopt);
    }
}

TEST_CASE("clock times, other units and exponents are times", "[times]")
{
    using reelpipe::annotations::time_unit;
    CHECK(parse_time("0:00:05.005") == 5'005'000us);
    CHECK(parse_time("00:01:10.123456") == 70'123'456us);
    CHECK(parse_time("1:30") == 90s);
    CHECK(parse_time("90:15.5") == 5'415'500ms);
    CHECK(parse_time("00:00:10,250") == 10'250ms);
    CHECK(parse_time("240:00:00") == 864'000s);
    CHECK(parse_time("1500", time_unit::milliseconds) == 1500ms);
    CHECK(parse_time("1500.25", time_unit::milliseconds) == 1'500'250us);
    CHECK(parse_time("10000000", time_unit::microseconds) == 10s);
    CHECK(parse_time("0.6", time_unit::microseconds) == 1us);
    CHECK(parse_time("1e-05") == 10us);
    CHECK(parse_time("1.5e1") == 15s);
    for (const char* text : {":", "1:", ":30", "1:60", "1:99:00", "0:60:00", "1:2:3:4", "-1:30", "1:-30", "1:+3",
                             "a:30", "241:00:00", "240:00:00.1", "1: 30", "99999999999:00"}) {
        CAPTURE(text);
        CHECK(parse_time(text) == std::nullopt);
    }
}
