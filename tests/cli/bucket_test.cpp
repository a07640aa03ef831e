#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "kinetics_site.hpp"
#include "many_clips.hpp"
#include "support/catch.hpp"
#include "support/site.hpp"

using namespace reelpipe::test;
namespace fs = std::filesystem;

namespace {

const std::string access_key = "AKIA:EXAMPLE", secret_key = "s3cr3t/of+the=bucket";

// A bucket with videos, and runs that read it with keys from the environment.
struct bucket {
    explicit bucket(std::vector<std::string> more = {})
        : server([&] {
              fs::create_directories(files / "data/k 400");
              std::vector<std::string> words{"python3", std::string(REELPIPE_TESTS_SUPPORT) + "/bucket_server.py",
                                             files.path(), access_key, secret_key};
              words.insert(words.end(), more.begin(), more.end());
              return words;
          }())
    {
    }

    void add(const std::string& id) const
    {
        const fs::path file = files / "data/k 400" / (id + ".mp4");
        fs::create_directories(file.parent_path());
        fs::copy_file(std::string(REELPIPE_TEST_MEDIA) + "/silent.mp4", file);
    }

    finished download(const std::string& rows, const std::vector<std::string>& environment = {},
                      const std::string& source = "s3://data/k 400/{id}.mp4") const
    {
        write_file(own / "list.csv", columns + rows);
        std::vector<std::string> all = environment;
        for (const std::string& each :
             {"AWS_ACCESS_KEY_ID=" + access_key, "AWS_SECRET_ACCESS_KEY=" + secret_key,
              std::string("AWS_REGION=eu-west-7"), "AWS_ENDPOINT_URL=http://127.0.0.1:" + server.port()}) {
            const std::string name = each.substr(0, each.find('=') + 1);
            if (std::ranges::none_of(all, [&](const std::string& given) { return given.starts_with(name); }))
                all.push_back(each);
        }
        return run({REELPIPE_BINARY, "download", own / "list.csv", "-o", output(), "--source", source, "--cut",
                    "lossless", "--backoff", "0.05", "--log-json", own / "log.json", "--trace", own / "trace.json"},
                   all);
    }

    // Everything that runs have written down.
    std::string written() const
    {
        std::string all;
        for (const auto& entry : fs::recursive_directory_iterator(own.path()))
            if (entry.is_regular_file() && entry.path().extension() != ".mp4") all += read_file(entry.path());
        return all;
    }
    nlohmann::json report() const { return nlohmann::json::parse(read_file(output() / "download_report.json")); }
    fs::path output() const { return own / "clips"; }

    temp_folder files{}, own{};
    site server;
};

}  // namespace

TEST_CASE("clips are made from a private bucket, whatever its keys are made of", "[bucket]")
{
    bucket store;
    const std::vector<std::string> ids{"-bcdefghij_", "a+b (c)", "ü~!*'$&@;=", "folder/video", "100%"};
    std::string rows;
    for (const std::string& id : ids) {
        store.add(id);
        rows += "\"" + id + "\",1,2,l\n";
    }

    const finished end = store.download(rows + "missing,1,2,l\n");

    INFO(end.err);
    CHECK(end.status == 1);
    CHECK(clips_of(store.output()).size() == ids.size());
    CHECK(store.report().back()[2].get<std::string>().starts_with("gone: "));
    const std::string said = end.err + end.out + store.written();
    CHECK(said.find(secret_key) == std::string::npos);
    CHECK(said.find(access_key) == std::string::npos);
    CHECK(said.find("Signature=") == std::string::npos);
}

TEST_CASE("keys that expire are sent with their token", "[bucket]")
{
    bucket store({"the-token"});
    store.add("video");

    CHECK(store.download("video,1,2,l\n", {"AWS_SESSION_TOKEN=the-token"}).status == 0);
    CHECK(store.written().find("the-token") == std::string::npos);
    const finished without = store.download("video,2,3,l\n");
    INFO(without.err);
    CHECK(without.status == 3);
    CHECK(says(without, "InvalidToken"));
}

TEST_CASE("a bucket that takes no signature stops the run, and fails no video", "[bucket]")
{
    const std::string rows = "video,1,2,l\nother,1,2,l\nthird,1,2,l\n";
    std::vector<std::string> environment, server;
    std::string code, source = "s3://data/k 400/{id}.mp4";
    SECTION("the secret is wrong")
    {
        environment = {"AWS_SECRET_ACCESS_KEY=another"};
        code = "SignatureDoesNotMatch";
    }
    SECTION("the key is unknown")
    {
        environment = {"AWS_ACCESS_KEY_ID=another"};
        code = "InvalidAccessKeyId";
    }
    SECTION("a clock is wrong")
    {
        server = {"--skew"};
        code = "RequestTimeTooSkewed";
    }
    SECTION("there is no such bucket")
    {
        source = "s3://elsewhere/{id}.mp4";
        code = "NoSuchBucket";
    }
    bucket store(server);
    store.add("video");

    const finished end = store.download(rows, environment, source);

    INFO(end.err);
    CHECK(end.status == 3);
    CHECK(says(end, code));
    CHECK(says(end, " 0 failed"));
    if (!environment.empty()) CHECK(store.download("video,1,2,l\n").status == 0);
}

TEST_CASE("an object that the keys may not read is one video's failure", "[bucket]")
{
    bucket store({"--private", "k 400/closed.mp4"});
    store.add("video");
    store.add("closed");

    const finished end = store.download("closed,1,2,l\nvideo,1,2,l\n");

    INFO(end.err);
    CHECK(end.status == 1);
    CHECK(store.report()[0][2].get<std::string>().starts_with("refused: "));
    CHECK(store.report()[1][1] == true);
}

TEST_CASE("a bucket that cannot be asked is wrong usage", "[bucket]")
{
    bucket store;
    const std::string rows = "video,1,2,l\n";
    const auto refusal = [&](const std::vector<std::string>& environment, const std::string& source) {
        const finished end = store.download(rows, environment, source);
        INFO(end.err);
        CHECK(end.status == 2);
        return end.err;
    };
    using Catch::Matchers::ContainsSubstring;
    CHECK_THAT(refusal({"AWS_SECRET_ACCESS_KEY="}, "s3://data/{id}.mp4"), ContainsSubstring("AWS_SECRET_ACCESS_KEY"));
    CHECK_THAT(refusal({}, "s3://data/video.mp4"), ContainsSubstring("{id}"));
    CHECK_THAT(refusal({}, "s3:///{id}"), ContainsSubstring("s3://BUCKET/KEY"));
    CHECK_THAT(refusal({"AWS_ENDPOINT_URL=here"}, "s3://data/{id}"), ContainsSubstring("endpoint"));
    CHECK(store.server.requests().empty());
}
