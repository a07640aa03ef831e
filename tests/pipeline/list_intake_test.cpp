#include "pipeline/list_intake.hpp"

#include <filesystem>

#include "ledger/ledger.hpp"
#include "pipeline/row_filter.hpp"
#include "reelpipe/usage_error.hpp"
#include "support/catch.hpp"
#include "support/temp_folder.hpp"

using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using reelpipe::clip_request;
using reelpipe::usage_error;
using reelpipe::wanted_options;

namespace {

class intake {
public:
    std::string file(std::string_view content)
    {
        const auto path = folder_ / ("list" + std::to_string(++files_) + ".csv");
        reelpipe::test::write_file(path, content);
        return path.string();
    }

    // The wanted rows, "video label", in list order.
    std::vector<std::string> rows(const wanted_options& options, bool youtube_ids = false)
    {
        reelpipe::database db(folder_ / ("ledger" + std::to_string(++files_) + ".sqlite"));
        const reelpipe::ledger ledger(db);
        reelpipe::work_list list(db, folder_.path());
        messages.clear();
        reelpipe::run_events events;
        events.on_message = [this](reelpipe::severity, const std::string& line) { messages.push_back(line); };
        bad = read_lists(options, youtube_ids, events, list);
        list.seal();
        std::vector<std::string> all;
        list.visit([&](const clip_request& clip, reelpipe::row_status, std::string_view) {
            all.push_back(clip.video + (clip.label.empty() ? "" : " " + clip.label));
        });
        return all;
    }

    std::vector<std::string> messages{};
    std::uint64_t bad = 0;

private:
    reelpipe::test::temp_folder folder_;
    int files_ = 0;
};

using texts = std::vector<std::string>;

constexpr const char* small_list =
    "label,youtube_id,time_start,time_end,split\n"
    "x,a,1,2,train\nx,b,1,2,validate\ny,c,1,2,val\ny,d,1,2,Validation\nz,e,1,2,test\nx,f,1,2,training\n";

}  // namespace

TEST_CASE("splits have one name, however lists spell them", "[list_intake]")
{
    intake in;
    const std::string list = in.file(small_list);
    CHECK(in.rows({.lists = {list}, .split = "val"}) == texts{"b x", "c y", "d y"});
    CHECK(in.rows({.lists = {list}, .split = "validate"}) == texts{"b x", "c y", "d y"});
    CHECK(in.rows({.lists = {list}, .split = "train"}) == texts{"a x", "f x"});
    CHECK_THROWS_WITH(in.rows({.lists = {list}, .split = "holdout"}), ContainsSubstring("split 'holdout'"));
}

TEST_CASE("labels choose rows, and those that no row has are told", "[list_intake]")
{
    intake in;
    const std::string list = in.file(small_list);
    CHECK(in.rows({.lists = {list}, .labels = {"z,[y]", "absent"}}) == texts{"c y", "d y", "e z"});
    CHECK(in.messages == texts{"no row of the lists has the label 'absent'"});
    CHECK_THROWS_WITH(in.rows({.lists = {list}, .labels = {"absent", "also"}}),
                      ContainsSubstring("'absent' or 'also'"));
}

TEST_CASE("lists of ids or clips say which rows are wanted", "[list_intake]")
{
    intake in;
    const std::string list = in.file(small_list);
    CHECK(in.rows({.lists = {list}, .only = {in.file("b\ne\nmissing\n")}}) == texts{"b x", "e z"});
    CHECK(in.rows({.lists = {list}, .only = {in.file("b_000001_000002.mp4\ne_000001_000003.mp4\n")}}) == texts{"b x"});
    CHECK(in.rows({.lists = {list},
                   .only = {in.file("youtube_id\nb\ne\n")},
                   .exclude = {in.file("youtube_id,time_start,time_end\nb,1,2\n")}}) == texts{"e z"});
    CHECK_THROWS_WITH(in.rows({.lists = {list}, .only = {in.file("missing\n")}}), ContainsSubstring("--only"));
    CHECK_THROWS_WITH(in.rows({.lists = {list}, .only = {in.file("label,youtube_id,time_start,time_end\n")}}),
                      ContainsSubstring("its list has no row"));
}

TEST_CASE("columns that the user names explain lists of ids, too, where those do not explain themselves",
          "[list_intake]")
{
    intake in;
    const std::string list = in.file("clip,from,to\nabcdefghijk,1,2\nbcdefghijkl,1,2\ncdefghijklm,1,2\n");
    const std::string alike = in.file("clip,from,to\nbcdefghijkl,1,2\n");
    const std::string columns = "id=clip,start=from,end=to";
    CHECK(in.rows({.lists = {list}, .columns = columns, .exclude = {alike}}) == texts{"abcdefghijk", "cdefghijklm"});
    CHECK(in.rows({.lists = {list}, .columns = columns, .only = {alike}}) == texts{"bcdefghijkl"});
    const std::string objects = in.file("{\"clip\": \"bcdefghijkl\", \"from\": 1, \"to\": 2}\n");
    CHECK(in.rows({.lists = {list}, .columns = columns, .exclude = {objects}}) == texts{"abcdefghijk", "cdefghijklm"});
    for (const char* other :
         {"abcdefghijk\ncdefghijklm\n", "abcdefghijk_000001_000002.mp4\ncdefghijklm_000001_000002.mp4\n",
          "youtube_id,time_start,time_end\nabcdefghijk,1,2\ncdefghijklm,1,2\n"})
        CHECK(in.rows({.lists = {list}, .columns = columns, .exclude = {in.file(other)}}) == texts{"bcdefghijkl"});
}

TEST_CASE("files to leave out may be named in any way that clips are, and it is told if none is there", "[list_intake]")
{
    intake in;
    const std::string list = in.file("youtube_id,time_start,time_end\nabcdefghijk,1,2\nab_1_2,3,4.5\nx,5,6\n");
    CHECK(in.rows({.lists = {list}, .exclude = {in.file("a/abcdefghijk_1_2.mp4\nab_1_2_3_4.5.mp4\n")}}) == texts{"x"});
    CHECK(in.rows({.lists = {list}, .exclude = {in.file("abcdefghijk.mp4\nx.webm\n")}}) == texts{"ab_1_2"});
    CHECK(in.messages.empty());
    CHECK(in.rows({.lists = {list}, .exclude = {in.file("other\n")}}).size() == 3);
    CHECK(in.messages == texts{"--exclude names no row of the lists, so nothing was left out"});
}

TEST_CASE("so many rows of each label, and a sample, of what passes", "[list_intake]")
{
    intake in;
    std::string text = "label,youtube_id,time_start,time_end\n";
    for (int i = 0; i < 300; ++i)
        text += std::string(1, static_cast<char>('a' + i % 3)) + ",v" + std::to_string(i) + ",1,2\n";
    const std::string list = in.file(text);

    CHECK(in.rows({.lists = {list}, .per_label = 1}) == texts{"v0 a", "v1 b", "v2 c"});
    CHECK(in.rows({.lists = {list}, .labels = {"b"}, .per_label = 2, .limit = 1}) == texts{"v1 b"});

    const texts drawn = in.rows({.lists = {list}, .per_label = 2, .seed = 1});
    CHECK(drawn.size() == 6);
    CHECK(drawn != in.rows({.lists = {list}, .per_label = 2}));
    CHECK(drawn == in.rows({.lists = {list}, .per_label = 2, .seed = 1}));

    const texts sample = in.rows({.lists = {list}, .sample = 20, .seed = 4});
    CHECK(sample.size() == 20);
    texts parts;
    for (const unsigned shard : {1u, 2u})
        for (const std::string& row : in.rows({.lists = {list}, .sample = 20, .seed = 4, .shard = shard, .shards = 2}))
            parts.push_back(row);
    CHECK(parts.size() == 20);
    const std::string others = in.file("ids\n" + sample.front().substr(0, sample.front().find(' ')) + "\n");
    const texts without = in.rows({.lists = {list}, .exclude = {others}, .sample = 20, .seed = 4});
    CHECK(without.size() == 20);
    CHECK(std::ranges::find(without, sample.front()) == without.end());
    CHECK_THROWS_AS(in.rows({.lists = {list}, .seed = 4}), usage_error);
}

TEST_CASE("a list of which no row can be read is refused with the first cause", "[list_intake]")
{
    intake in;
    const std::string list = in.file("youtube_id,time_start,time_end\na,soon,later\nb,1,\n");
    CHECK_THROWS_WITH(in.rows({.lists = {list}}), ContainsSubstring("no row of") &&
                                                      ContainsSubstring(":2: the start time 'soon'") &&
                                                      ContainsSubstring("and 1 more"));
}

TEST_CASE("labels that are easily taken for one are told once", "[list_intake]")
{
    intake in;
    const std::string list = in.file(
        "label,youtube_id,time_start,time_end\nair drumming,a,1,2\nair_drumming,b,1,2\n"
        "Air Drumming,c,1,2\nair_drumming,d,1,2\narchery,e,1,2\n");
    in.rows({.lists = {list}});
    REQUIRE(in.messages.size() == 2);
    CHECK_THAT(in.messages[0], ContainsSubstring("'air drumming' and 'air_drumming'"));
    CHECK_THAT(in.messages[1], ContainsSubstring("'air drumming' and 'Air Drumming'"));
}

TEST_CASE("one segment under two labels is two clips", "[list_intake]")
{
    intake in;
    CHECK(in.rows({.lists = {in.file("--4gqARaEJE, 0.000, 10.000, \"/m/068hy,/m/07q6cd_,/m/068hy\"\n")}}) ==
          texts{"--4gqARaEJE /m/068hy", "--4gqARaEJE /m/07q6cd_"});
}

TEST_CASE("bad rows are told, and of many the first ones", "[list_intake]")
{
    intake in;
    std::string text = "youtube_id,time_start,time_end\n#NAME?,1,2\n12345,1,2\nabcdefghijk,1,2\n";
    for (int i = 0; i < 10; ++i) text += "b,2,1\n";
    CHECK(in.rows({.lists = {in.file(text)}}, true) == texts{"abcdefghijk"});
    CHECK(in.bad == 12);
    REQUIRE(in.messages.size() == 6);
    CHECK_THAT(in.messages[0], ContainsSubstring(":2: the video id '#NAME?'") && ContainsSubstring("row skipped"));
    CHECK_THAT(in.messages[1], ContainsSubstring("zeros"));
    CHECK_THAT(in.messages[5], ContainsSubstring("7 more"));
}
