#include "reelpipe/outcome.hpp"

#include "support/catch.hpp"

using reelpipe::reason;

TEST_CASE("every reason has a name of its own, a class and a sentence", "[outcome]")
{
    for (auto i = 0; i <= static_cast<int>(reason::unknown); ++i) {
        const auto why = static_cast<reason>(i);
        CAPTURE(i, reelpipe::to_string(why));
        CHECK(reelpipe::reason_from(reelpipe::to_string(why)) == why);
        CHECK_FALSE(reelpipe::explain(why).empty());
        CHECK(reelpipe::to_string(reelpipe::class_of(why)) != "unknown");
    }
    CHECK_FALSE(reelpipe::reason_from("no such reason"));
}
