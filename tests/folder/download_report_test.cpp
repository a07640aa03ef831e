#include "folder/download_report.hpp"

#include <sys/stat.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "reelpipe/download.hpp"
#include "support/catch.hpp"
#include "support/temp_folder.hpp"

using namespace std::chrono_literals;
using nlohmann::json;
using reelpipe::row_status;

namespace {

json report_of(const std::vector<std::pair<std::string, row_status>>& clips, const std::string& message = "")
{
    const reelpipe::test::temp_folder folder;
    reelpipe::database db(folder / "l");
    reelpipe::ledger ledger(db);
    reelpipe::work_list list(db, std::filesystem::temp_directory_path());
    for (const auto& [video, how] : clips) list.add({.video = video, .wanted = {5s, 15s}, .label = "l", .split = ""});
    list.seal();
    for (std::uint64_t row = 0; row < clips.size(); ++row)
        if (clips[row].second != row_status::pending) list.settle(row + 1, clips[row].second, message);
    reelpipe::write_report(folder / "report.json", list, reelpipe::store::trim_format("%06d"));
    return json::parse(reelpipe::test::read_file(folder / "report.json"));
}

}  // namespace

TEST_CASE("the report is the crawler's: id, success, message, in list order", "[report]")
{
    const json report = report_of(
        {{"z", row_status::stored}, {"a", row_status::exists}, {"m", row_status::failed}, {"b", row_status::pending}});
    CHECK(report == json::parse(R"([["z_000005_000015", true, "Downloaded"], ["a_000005_000015", true, "Exists"],
                                    ["m_000005_000015", false, "Failed"], ["b_000005_000015", false, "Not reached"]])"));
}

TEST_CASE("an empty list has an empty report", "[report]") { CHECK(report_of({}) == json::array()); }

TEST_CASE("messages of sites cannot break the report", "[report]")
{
    const std::string message = "quote \" backslash \\ newline \n no UTF-8 \xff\xfe";
    const json report = report_of({{"a", row_status::failed}}, message);
    CHECK(report[0][2].get<std::string>().starts_with("quote \" backslash \\ newline \n"));
}

TEST_CASE("a report takes the place of nothing but a report", "[report]")
{
    const reelpipe::test::temp_folder folder;
    const std::filesystem::path old_report = folder / "report.json";
    reelpipe::test::write_file(old_report, "[]");
    CHECK_NOTHROW(reelpipe::check_report_place(old_report));
    CHECK_NOTHROW(reelpipe::check_report_place(folder / "new.json"));

    std::filesystem::create_symlink(old_report, folder / "link");
    REQUIRE(mkfifo((folder / "pipe").c_str(), 0600) == 0);
    for (const std::filesystem::path& place : {folder / "link", folder / "pipe", folder.path(),
                                               folder / "nowhere/report.json", std::filesystem::path("/dev/null")}) {
        CAPTURE(place);
        CHECK_THROWS_AS(reelpipe::check_report_place(place), reelpipe::usage_error);
    }
}
