#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "kinetics_site.hpp"
#include "support/catch.hpp"
#include "support/process.hpp"
#include "support/site.hpp"
#include "support/temp_folder.hpp"
#include "support/youtube_stand_in.hpp"

using nlohmann::json;
using namespace reelpipe::test;

namespace {

struct video {
    const char* id;
    json reply;
    const char* expected;  // reason; "stored"
};

json refused(const char* status, const char* reason, const char* more = "")
{
    json reply{{"status", status}, {"reason", reason}};
    if (*more) reply["subreason"] = more;
    return reply;
}

// Videos that play between some that do not, so that what is refused is no sign of the whole site.
std::vector<video> videos()
{
    const char* const gone = "Video unavailable";
    return {
        {"plays-as-a1", json::object(), "stored"},
        {"privatevid1", refused("LOGIN_REQUIRED", "Private video", "Sign in if you've been granted access"),
         "private_video"},
        {"removedbyup", refused("ERROR", gone, "This video has been removed by the uploader"), "removed"},
        {"plays-as-a2", json::object(), "stored"},
        {"terminated1",
         refused("ERROR", gone,
                 "This video is no longer available because the YouTube account "
                 "associated with this video has been terminated."),
         "account_closed"},
        {"membersonly",
         refused("UNPLAYABLE", "Join this channel to get access to members-only content like this video"),
         "members_only"},
        {"geoblocked1", refused("UNPLAYABLE", gone, "The uploader has not made this video available in your country"),
         "geo_blocked"},
        {"plays-as-a3", json::object(), "stored"},
        {"claimedbyit", refused("ERROR", gone, "This video is no longer available due to a copyright claim by Someone"),
         "copyright"},
        {"protected-1", {{"drm", true}}, "drm"},
        {"only-sabr-1", {{"withheld", true}, {"alone", true}}, "no_direct_url"},
        {"overloaded1", {{"http", 500}}, "network"},
        {"plays-as-a4", json::object(), "stored"},
    };
}

// What a run with this yt-dlp makes of each video of the list. Empty `module`: the one that is installed.
std::map<std::string, std::string> outcomes(const std::string& list, const std::string& module)
{
    const temp_folder folder;
    json replies = json::object();
    for (const video& each : videos()) replies[each.id] = each.reply;
    const site youtube = start_youtube(folder, replies, REELPIPE_TEST_MEDIA);
    const std::string version = module.empty() ? output_of({"/usr/bin/python3", "-m", "yt_dlp", "--version"}) : "2026";
    std::vector<std::string> words{REELPIPE_BINARY,
                                   "download",
                                   list,
                                   "-o",
                                   (folder / "clips").string(),
                                   "--proxy",
                                   youtube.url(""),
                                   "--cut",
                                   "lossless",
                                   "--allow-private",
                                   "--resolve-rate",
                                   "0",
                                   "--backoff",
                                   "0.05",
                                   "--attempts",
                                   "2"};
    if (!module.empty()) words.insert(words.end(), {"--yt-dlp", module});
    const json parameters = parameters_for_youtube(version < "2025");
    for (const auto& [key, value] : parameters.items())
        words.insert(words.end(), {"--yt-dlp-option", key + "=" + value.dump()});
    const finished end = run(words);
    UNSCOPED_INFO(end.err);

    std::map<std::string, std::string> found;
    std::istringstream rows(output_of({REELPIPE_BINARY, "report", (folder / "clips").string(), "--jsonl", "-"}));
    for (std::string line; std::getline(rows, line);) {
        const json row = json::parse(line);
        found[row["video"]] = row["reason"].is_null() ? json("stored") : row["reason"];
    }
    return found;
}

}  // namespace

TEST_CASE("a list has the same outcomes with an old yt-dlp and with that of this year", "[resolvers]")
{
    const finished current = run({REELPIPE_SCRIPTS "/current_yt_dlp"});
    if (current.status == 77) SKIP("there is no other yt-dlp: " + current.err);
    REQUIRE(current.status == 0);
    const temp_folder folder;
    std::string text = columns;
    std::map<std::string, std::string> expected;
    for (const video& each : videos()) {
        text += std::string(each.id) + ",1,2,l\n";
        expected[each.id] = each.expected;
    }
    write_file(folder / "list.csv", text);
    const std::string module = current.out.substr(0, current.out.find('\n'));

    CHECK(outcomes((folder / "list.csv").string(), "") == expected);
    CHECK(outcomes((folder / "list.csv").string(), module) == expected);
}
