#ifndef REELPIPE_TESTS_YOUTUBE_STAND_IN_HPP
#define REELPIPE_TESTS_YOUTUBE_STAND_IN_HPP

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "support/process.hpp"
#include "support/site.hpp"
#include "support/temp_folder.hpp"

namespace reelpipe::test {

// Starts youtube_stand_in.py, which says how to write replies. It keeps its certificate in `folder`. It is the proxy of
// whoever asks YouTube. `media` is the folder of the tests' videos; without it, nobody serves any.
inline site start_youtube(const temp_folder& folder, const nlohmann::json& replies, const std::string& media = {})
{
    const std::string certificate = folder / "certificate.pem";
    const std::string key = folder / "key.pem";
    const std::string file = folder / "replies.json";
    write_file(file, replies.dump());
    output_of({"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=www.youtube.com", "-days", "2",
               "-keyout", key, "-out", certificate});
    std::vector<std::string> words{"python3", std::string(REELPIPE_TESTS_SUPPORT) + "/youtube_stand_in.py", certificate,
                                   key, file};
    if (!media.empty()) words.push_back(media);
    return site(std::move(words));
}

// What yt-dlp needs to be told to believe the stand-in, and to ask once a video: which of the players that it pretends
// to be does so depends on its generation.
inline nlohmann::json parameters_for_youtube(bool is_old)
{
    return {{"nocheckcertificate", true},
            {"extractor_args",
             {{"youtube",
               {{"player_client", {is_old ? "android" : "visionos"}},
                {"player_skip", {"webpage", "configs", "js", "initial_data"}}}}}}};
}

}  // namespace reelpipe::test

#endif
