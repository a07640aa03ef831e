// `dataset.json`: what the clips of a folder are, for whoever gets it without having made it.
#include <filesystem>
#include <string>

#include "kinetics_site.hpp"
#include "support/catch.hpp"

namespace fs = std::filesystem;
using nlohmann::json;
using reelpipe::test::finished;
using reelpipe::test::kinetics_site;
using reelpipe::test::output_of;
using reelpipe::test::read_file;
using reelpipe::test::run;
using reelpipe::test::write_file;

namespace {

constexpr const char* card_columns = "youtube_id,time_start,time_end,label,split\n";

std::string sha256_of(const fs::path& file) { return output_of({"sha256sum", file.string()}).substr(0, 64); }

json card_of(const kinetics_site& site) { return json::parse(read_file(site.output() / "dataset.json")); }

}  // namespace

TEST_CASE("a folder's card has its lists, options, versions and counts over all runs", "[dataset_card]")
{
    kinetics_site site;
    site.add("video");
    const fs::path train = site.folder / "train.csv", val = site.folder / "val.csv";
    write_file(train, std::string(card_columns) + "video,1,3,a,train\nvideo,5,6,b,train\ndead,1,2,a,train\n");
    write_file(val, std::string(card_columns) + "video,38,44,a,val\n");

    run(site.download(train.string(), {"--source", site.url_template(), "--for", "training"}));
    const json first = card_of(site);
    const finished end = run(site.download(val.string(), {"--source", site.url_template(), "--for", "training"}));

    INFO(end.err);
    CHECK(end.status == 0);
    CHECK(first["lists"] == json::array({{{"name", train.string()}, {"sha256", sha256_of(train)}}}));
    CHECK(first["clips"] == json{{"stored", 2}, {"failed", 1}, {"pending", 0}});
    const json card = card_of(site);
    CHECK(card["reelpipe_dataset"] == 1);
    CHECK(card["lists"] == json::array({{{"name", train.string()}, {"sha256", sha256_of(train)}},
                                        {{"name", val.string()}, {"sha256", sha256_of(val)}}}));
    CHECK(card["clips"] == json{{"stored", 3}, {"failed", 1}, {"pending", 0}});
    CHECK(card["failed"] == json{{"gone", 1}});
    CHECK(card["splits"] == json{{"train", 2}, {"val", 1}});
    CHECK(card["labels"] == 2);
    CHECK(card["shorter"] == 1);
    CHECK(card["frames"] > 75);
    CHECK(card["runs"] == 2);
    CHECK(card["options"]["--gop"] == "12");
    CHECK(card["options"]["--tune"] == "fastdecode");
    CHECK(card["libraries"].get<std::string>().starts_with("FFmpeg "));
    CHECK(card["reelpipe"].get<std::string>() + "\n" == output_of({REELPIPE_BINARY, "--version"}));
    CHECK(card["began"].get<std::string>().size() == std::string("2025-11-25T07:30:00Z").size());
    CHECK(card["ended"] >= card["began"]);
}

TEST_CASE("a list that is read only once has no hash in the card", "[dataset_card]")
{
    kinetics_site site;
    site.add("video");

    run(site.download("-", {"--source", site.url_template()}), {}, std::string(card_columns) + "video,1,3,a,train\n");

    CHECK(card_of(site)["lists"] == json::array({{{"name", "-"}, {"sha256", nullptr}}}));
}

TEST_CASE("a file of the card's name that is none stays, and is told", "[dataset_card]")
{
    kinetics_site site;
    site.add("video");
    fs::create_directories(site.output());
    write_file(site.output() / "dataset.json", "{\"mine\": 1}\n");

    const finished end =
        run(site.download(site.list(std::string(card_columns) + "video,1,3,a,train\nvideo,1,3,dataset.json,train\n"),
                          {"--source", site.url_template()}));

    CHECK(end.status == 0);
    CHECK_THAT(end.err, Catch::Matchers::ContainsSubstring("dataset.json is something else"));
    CHECK(read_file(site.output() / "dataset.json") == "{\"mine\": 1}\n");
}
