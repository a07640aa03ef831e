#include <stdexcept>
#include <string>

#include "stages/cut/cut.hpp"
#include "support/catch.hpp"

using reelpipe::cut::check;
using reelpipe::cut::options;
using reelpipe::cut::way;

TEST_CASE("options that no clip can be cut with are named before anything is cut", "[encode]")
{
    const options fine = GENERATE(options{}, options{.filter = "yadif,crop=ih:ih"}, options{.frame_rate = "ntsc"},
                                  options{.pixel_format = "yuv444p10le"}, options{.preset = "ultrafast", .gop = 1},
                                  options{.tune = "film,fastdecode"}, options{.b_frames = 0, .multiple = 16},
                                  options{.mode = way::lossless});
    CHECK_NOTHROW(check(fine));

    struct wrong {
        options how;
        std::string named;
    };
    const auto bad = GENERATE(
        wrong{{.preset = "quick"}, "quick"}, wrong{{.filter = "nosuch"}, "nosuch"},
        wrong{{.filter = "split"}, "one input and one output"}, wrong{{.filter = "volume=2"}, "not a video filter"},
        wrong{{.pixel_format = "rainbow"}, "rainbow"}, wrong{{.frame_rate = "often"}, "often"},
        wrong{{.short_side = 3}, "16"}, wrong{{.mode = way::lossless, .preset = "fast"}, "--cut encode"},
        wrong{{.mode = way::lossless, .crf = 18}, "--cut encode"},
        wrong{{.mode = way::lossless, .gop = 5}, "--cut encode"}, wrong{{.tune = "fastest"}, "fastest"},
        wrong{{.tune = "film:crf=0"}, "film:crf=0"}, wrong{{.b_frames = 17}, "--bframes"},
        wrong{{.multiple = 3}, "--mod"}, wrong{{.mode = way::lossless, .tune = "film"}, "--cut encode"},
        wrong{{.mode = way::lossless, .b_frames = 0}, "--cut encode"},
        wrong{{.mode = way::lossless, .square_pixels = true}, "--cut encode"},
        wrong{{.mode = way::lossless, .multiple = 16}, "--cut encode"});
    CAPTURE(bad.named);
    std::string text;
    try {
        check(bad.how);
    } catch (const std::invalid_argument& e) {
        text = e.what();
    }
    CHECK_THAT(text, Catch::Matchers::ContainsSubstring(bad.named));
}
