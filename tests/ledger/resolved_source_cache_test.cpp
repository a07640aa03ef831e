#include "ledger/resolved_source_cache.hpp"

#include "ledger/ledger.hpp"
#include "support/catch.hpp"
#include "support/temp_folder.hpp"

using namespace std::chrono_literals;
using namespace reelpipe;

namespace {

reelpipe::asked_by usual() { return {{}, true}; }

constexpr resolved_source_cache::time now{std::chrono::seconds(1'700'000'000)};

media_source source_with(std::optional<resolved_source_cache::time> expires)
{
    remote_file file;
    file.url = "https://host/video.mp4";
    file.headers = {"Referer: https://page/"};
    file.cookies = "a=1";
    file.public_only = true;
    file.expires = expires;
    media_source source;
    source.files.emplace_back(file);
    return source;
}

struct opened_database {
    test::temp_folder folder{};
    database db{folder / "l"};
    ledger made{db};
};

}  // namespace

TEST_CASE("what a site said is kept with headers and cookies until its URLs end", "[resolved_source_cache]")
{
    opened_database here;
    resolved_source_cache kept(here.db, usual(), now);
    kept.keep("v", source_with(now + 1h), now);

    const auto found = kept.find("v", now + 30min);
    REQUIRE(found);
    const auto& file = std::get<remote_file>(found->files.at(0));
    CHECK(file.url == "https://host/video.mp4");
    CHECK(file.headers == std::vector<std::string>{"Referer: https://page/"});
    CHECK(file.cookies == "a=1");
    CHECK(file.public_only);
    CHECK_FALSE(kept.find("other", now));
    CHECK_FALSE(kept.find("v", now + 59min));  // too short to fetch much
    CHECK_FALSE(kept.find("v", now + 2h));
}

TEST_CASE("URLs that do not say when they end are believed for a while", "[resolved_source_cache]")
{
    opened_database here;
    resolved_source_cache kept(here.db, usual(), now);
    kept.keep("v", source_with({}), now);
    CHECK(kept.find("v", now + 10min));
    CHECK_FALSE(kept.find("v", now + 2h));
}

TEST_CASE("a run that asks for something else does not get what was kept", "[resolved_source_cache]")
{
    opened_database here;
    resolved_source_cache(here.db, usual(), now).keep("v", source_with(now + 1h), now);
    source_options higher;
    higher.max_height = 720;
    source_options elsewhere;
    elsewhere.proxies = {"http://proxy:1"};

    CHECK(resolved_source_cache(here.db, usual(), now).find("v", now));
    CHECK_FALSE(resolved_source_cache(here.db, reelpipe::asked_by(higher, true), now).find("v", now));
    CHECK_FALSE(resolved_source_cache(here.db, reelpipe::asked_by(elsewhere, true), now).find("v", now));
}

TEST_CASE("what is kept goes when it is forgotten or its time is over", "[resolved_source_cache]")
{
    opened_database here;
    const auto rows = [&] {
        statement count = here.db.prepare("SELECT count(*) FROM resolved");
        count.step();
        return count.integer(0);
    };
    resolved_source_cache kept(here.db, usual(), now);
    kept.keep("settled", source_with(now + 1h), now);
    kept.keep("forgotten", source_with(now + 1h), now);

    kept.forget("settled");
    CHECK(rows() == 1);
    resolved_source_cache next(here.db, usual(), now + 1h);
    CHECK(rows() == 0);
}
