// The command line as a face: help, the configuration file, man pages and completions.
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include "kinetics_site.hpp"
#include "support/catch.hpp"

namespace fs = std::filesystem;
using namespace reelpipe::test;
using Catch::Matchers::ContainsSubstring;
using nlohmann::json;

namespace {

std::string said_by(std::vector<std::string> words)
{
    words.insert(words.begin(), REELPIPE_BINARY);
    return output_of(words);
}

std::vector<std::string> lines_of(const std::string& text)
{
    std::vector<std::string> lines;
    std::istringstream all(text);
    for (std::string line; std::getline(all, line);) lines.push_back(line);
    return lines;
}

bool has_program(const std::string& name) { return run({"sh", "-c", "command -v " + name}).status == 0; }

// Man pages and completions, where their packages expect them.
struct documents : temp_folder {
    documents() { said_by({"documents", path().string(), "--date", "2026-01-02"}); }
};

}  // namespace

TEST_CASE("help is a screen, and all options are behind another word", "[help]")
{
    const std::string common = said_by({"download", "--help"}), all = said_by({"download", "--help-all"});
    CHECK(lines_of(common).size() < 70);
    CHECK_THAT(common, ContainsSubstring("--cut encode|lossless|smart") && ContainsSubstring("--help-all"));
    CHECK_THAT(common, !ContainsSubstring("--x264-params"));
    CHECK_THAT(all, ContainsSubstring("--x264-params") && ContainsSubstring("--cut encode|lossless|smart"));
    for (const std::string& text : {common, all, said_by({"--help"}), said_by({"verify", "--help"})})
        for (const std::string& line : lines_of(text)) {
            CAPTURE(line);
            CHECK(line.size() <= 80);
        }
    CHECK_THAT(said_by({"--help"}), !ContainsSubstring("documents"));
}

TEST_CASE("a mistyped word is answered with the nearest one", "[help]")
{
    const auto said_to = [](std::vector<std::string> words) {
        words.insert(words.begin(), REELPIPE_BINARY);
        const finished end = run(words);
        CHECK(end.status == 2);
        return end.err;
    };
    CHECK_THAT(said_to({"download", "list.csv", "-o", "clips", "--preste", "fast"}),
               ContainsSubstring("did you mean --preset?"));
    CHECK_THAT(said_to({"download", "list.csv", "-o", "clips", "--conections=4"}),
               ContainsSubstring("did you mean --connections?"));
    CHECK_THAT(said_to({"downlaod", "list.csv"}), ContainsSubstring("did you mean download?"));
    CHECK_THAT(said_to({"zzzz"}), !ContainsSubstring("did you mean"));
}

TEST_CASE("options come from a file, and those of the command line go before them", "[config]")
{
    kinetics_site site;
    site.add("video");
    const std::string list = site.list(std::string(columns) + "video,1,2,l\n");
    const fs::path file = site.folder / "own.toml";
    const auto options_of_run = [&site](std::vector<std::string> more) {
        std::vector<std::string> words{REELPIPE_BINARY, "download", (site.folder / "list.csv").string(), "-o",
                                       site.output().string()};
        words.insert(words.end(), more.begin(), more.end());
        const finished end = run(words);
        INFO(end.err);
        CHECK(end.status == 0);
        const json report = json::parse(said_by({"report", site.output().string(), "--json"}));
        return report["runs"].back()["options"].dump();
    };

    said_by({"download", list, "-o", site.output().string(), "--source", site.url_template(), "--cut", "lossless",
             "--header", "X-Key: a \"b\", c", "--header", "X-Other: 1", "--cc-only", "--retry", "soft,gone",
             "--write-config", file.string()});
    CHECK_FALSE(fs::exists(site.output()));
    struct stat seen{};
    REQUIRE(stat(file.c_str(), &seen) == 0);
    CHECK((seen.st_mode & 0777) == 0600);

    SECTION("the file that was written, named by an option")
    {
        const finished same = run({REELPIPE_BINARY, "download", list, "-o", site.output().string(), "--config",
                                   file.string(), "--write-config", (site.folder / "again.toml").string()});
        INFO(same.err);
        CHECK(same.status == 0);
        CHECK(read_file(site.folder / "again.toml") == read_file(file));
    }
    SECTION("reelpipe.toml in the output folder")
    {
        fs::create_directories(site.output());
        write_file(site.output() / "reelpipe.toml", "source = \"" + site.url_template() + "\"\ncut = \"lossless\"\n");
        CHECK_THAT(options_of_run({}), ContainsSubstring("lossless"));
    }
    SECTION("plan and doctor read it, too, and pass over what only a run has an option for")
    {
        fs::create_directories(site.output());
        const fs::path there = site.output() / "reelpipe.toml";
        write_file(there, "source = \"" + site.url_template() + "\"\ncut = \"lossless\"\n");
        CHECK_THAT(said_by({"plan", list, "-o", site.output().string()}), ContainsSubstring("no limit"));
        CHECK_THAT(said_by({"doctor", list, "-o", site.output().string()}), !ContainsSubstring("yt-dlp"));
        write_file(there, "crff = 20\n");
        for (const char* command : {"plan", "doctor"}) {
            const finished end = run({REELPIPE_BINARY, command, list, "-o", site.output().string()});
            CHECK(end.status == 2);
            CHECK_THAT(end.err, ContainsSubstring("did you mean 'crf'?"));
        }
    }
    SECTION("a label that has the name of the file")
    {
        fs::create_directories(site.output() / "reelpipe.toml");
        CHECK_THAT(options_of_run({"--source", site.url_template(), "--cut", "lossless"}),
                   ContainsSubstring("lossless"));
    }
    SECTION("an option that the command line gives, too")
    {
        write_file(file, "source = \"" + site.url_template() + "\"\ncut = \"encode\"\npreset = \"ultrafast\"\n");
        CHECK_THAT(options_of_run({"--config", file.string(), "--cut", "smart"}),
                   ContainsSubstring("smart") && ContainsSubstring("ultrafast"));
    }
    SECTION("a key that is no option")
    {
        write_file(file, "soucre = \"youtube\"\n");
        const finished end =
            run({REELPIPE_BINARY, "download", list, "-o", site.output().string(), "--config", file.string()});
        CHECK(end.status == 2);
        CHECK_THAT(end.err, ContainsSubstring(file.string()) && ContainsSubstring("did you mean 'source'?"));
        CHECK_FALSE(fs::exists(site.output()));
    }
    SECTION("a file that is not there")
    {
        const finished end = run({REELPIPE_BINARY, "download", list, "-o", site.output().string(), "--config",
                                  (site.folder / "none.toml").string()});
        CHECK(end.status == 2);
        CHECK_THAT(end.err, ContainsSubstring("none.toml"));
    }
}

TEST_CASE("each command has a man page that man and mandoc take", "[man]")
{
    const documents folder;
    const fs::path pages = folder / "man/man1";
    REQUIRE(fs::exists(pages / "reelpipe-download.1"));
    CHECK_THAT(read_file(pages / "reelpipe-download.1"), ContainsSubstring("\\-\\-x264\\-params"));
    for (const fs::directory_entry& page : fs::directory_iterator(pages)) {
        CAPTURE(page.path());
        const finished man = run({"man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", page.path().string()});
        CHECK(man.status == 0);
        CHECK(man.err.empty());
        if (!has_program("mandoc")) continue;
        const finished lint = run({"mandoc", "-T", "lint", "-W", "warning", page.path().string()});
        CHECK(lint.out.empty());
        CHECK(lint.err.empty());
    }
}

TEST_CASE("shells complete commands, options and values", "[completion]")
{
    const documents folder;
    const std::string press_tab = std::string(REELPIPE_TESTS_SUPPORT) + "/press_tab.py";
    const auto in_bash = [&](const std::string& line) {
        return output_of({"python3", press_tab, (folder / "bash-completion/completions/reelpipe").string(), line,
                          "bash", "--norc", "--noprofile", "-i"});
    };
    CHECK_THAT(in_bash("reelpipe "), ContainsSubstring("download") && ContainsSubstring("verify"));
    CHECK_THAT(in_bash("reelpipe download --cut "), ContainsSubstring("encode") && ContainsSubstring("smart"));
    CHECK_THAT(in_bash("reelpipe download --max"),
               ContainsSubstring("--max-height") && ContainsSubstring("--max-wait"));

    const auto in_zsh = [&](const std::string& line) {
        write_file(folder / "setup.zsh", "fpath=(" + (folder / "zsh/vendor-completions").string() +
                                             " $fpath); autoload -Uz compinit; compinit -u -D\n");
        return output_of({"python3", press_tab, (folder / "setup.zsh").string(), line, "zsh", "-f", "-i"});
    };
    if (has_program("zsh")) {
        CHECK_THAT(in_zsh("reelpipe "), ContainsSubstring("download") && ContainsSubstring("verify"));
        CHECK_THAT(in_zsh("reelpipe download --cut "), ContainsSubstring("encode") && ContainsSubstring("smart"));
        CHECK_THAT(in_zsh("reelpipe download --max"), ContainsSubstring("--max-height"));
    }

    const auto in_fish = [&](const std::string& line) {
        return output_of({"fish", "--no-config", "-c",
                          "source " + (folder / "fish/vendor_completions.d/reelpipe.fish").string() +
                              "; complete -C '" + line + "'"});
    };
    if (has_program("fish")) {
        CHECK_THAT(in_fish("reelpipe "), ContainsSubstring("download") && ContainsSubstring("verify"));
        CHECK_THAT(in_fish("reelpipe download --cut "), ContainsSubstring("encode") && ContainsSubstring("smart"));
        CHECK_THAT(in_fish("reelpipe download --max"), ContainsSubstring("--max-height"));
    }
}
