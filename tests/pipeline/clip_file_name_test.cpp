#include "pipeline/clip_file_name.hpp"

#include <string>
#include <vector>

#include "ledger/ledger.hpp"
#include "support/catch.hpp"
#include "support/temp_folder.hpp"

using namespace reelpipe;
using std::chrono::microseconds;

namespace {

struct lists {
    lists()
    {
        const auto add = [this](const char* video, double start, double end, const char* label) {
            wanted.add({.video = video,
                        .wanted = {microseconds(static_cast<std::int64_t>(start * 1e6)),
                                   microseconds(static_cast<std::int64_t>(end * 1e6))},
                        .label = label,
                        .split = {}});
        };
        add("-_a_000001", 84, 94, "x");
        add("-_a_000001", 84, 94, "y");
        add("-_a_000001", 200, 210, "x");
        add("kQ3n5p7r9t0", 15.5, 17.5, "x");
        add("kQ3n5p7r9t0", 16.0, 18.0, "x");
        add("a/b", 1, 2, "x");
        wanted.seal();
    }

    // The starts of the clips that a name is of, in seconds.
    std::vector<double> starts(std::string_view stem)
    {
        std::vector<double> all;
        for (const wanted_clip& each : clips_named(stem, wanted).clips)
            all.push_back(in_seconds(each.clip.wanted.start));
        return all;
    }

    test::temp_folder folder{};
    database db{":memory:"};
    work_list wanted{db, folder.path()};
};

using times = std::vector<double>;

}  // namespace

TEST_CASE("a file's name leads to the clips of a list that it is", "[clip_file_name]")
{
    lists all;
    CHECK(all.starts("-_a_000001_000084_000094") == times{84, 84});  // under both labels
    CHECK(all.starts("-_a_000001_84_94") == times{84, 84});
    CHECK(all.starts("-_a_000001_84.000_94.000") == times{84, 84});
    CHECK(all.starts("-_a_000001_84000_94000") == times{84, 84});  // milliseconds
    CHECK(all.starts("-_a_000001_000084") == times{84, 84});       // as VGGSound names them
    CHECK(all.starts("-_a_000001_000085_000095").empty());
    CHECK(all.starts("-_a_000001_84.001_94.001").empty());
    CHECK(all.starts("kQ3n5p7r9t0_15.5_17.5") == times{15.5});
    CHECK(all.starts("kQ3n5p7r9t0_000015_000017") == times{15.5});  // what int() leaves
    CHECK(all.starts("kQ3n5p7r9t0_000016_000018") == times{16});    // the nearer one
    CHECK(all.starts("a%2Fb_000001_000002") == times{1});           // as reelpipe writes unusual ids
    CHECK(all.starts("other_000001_000002").empty());
}

TEST_CASE("a file that is named by an id alone is the whole video", "[clip_file_name]")
{
    lists all;
    CHECK(clips_named("-_a_000001", all.wanted).is_whole);
    CHECK(all.starts("-_a_000001") == times{84, 84, 200});
    CHECK(all.starts("v_kQ3n5p7r9t0") == times{15.5, 16});
    CHECK_FALSE(clips_named("-_a_000001_000084_000094", all.wanted).is_whole);
}

TEST_CASE("names of clips are told from other names", "[clip_file_name]")
{
    for (const char* name : {"abc_000001_000011", "a_b_1_2.5", "kQ3n5p7r9t0", "v_kQ3n5p7r9t0", "kQ3n5p7r9t0_000030"})
        CHECK(is_name_of_clip(name));
    for (const char* name : {"holiday", "000123", "abc_000011_000001", "a_b", "clip_7", "_000001_000011", "a_-1_2",
                             "a_1:00_2:00", "a_1_99999999999999999999", "", "_", "__", "___", "a_1_.5", "%_1_", "%4"})
        CHECK_FALSE(is_name_of_clip(name));
}

TEST_CASE("without a list, times in a name are seconds or, far apart, milliseconds", "[clip_file_name]")
{
    const auto lengths = [](std::string_view stem) {
        times all;
        for (const clip_file_name& each : readings_of(stem))
            if (each.end) all.push_back(in_seconds(*each.end - each.start));
        return all;
    };
    CHECK(lengths("abc_000001_000011") == times{10});
    CHECK(lengths("abc_30000_40000") == times{10000, 10});
    CHECK(lengths("abc_1.5_4.25") == times{2.75});
    CHECK(lengths("abc_000030").empty());
}
