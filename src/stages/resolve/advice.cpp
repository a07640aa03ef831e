#include "stages/resolve/advice.hpp"

#include <array>

namespace reelpipe::resolve {

namespace {

struct entry {
    std::string_view said;  // a part of the warning
    std::string_view advice;
};

constexpr std::string_view mend_solver =
    "yt-dlp cannot solve the site's challenges, so some videos and formats are missing; it needs a JavaScript runtime "
    "and "
    "the solver script of the same release";

constexpr std::array table{
    entry{"No supported JavaScript runtime",
          "yt-dlp has no JavaScript runtime, so some videos and formats are missing; install deno (`npm install deno` "
          "has it ready-made) or node 22"},
    entry{"Remote component",
          "yt-dlp has no solver script for the site's challenges, so some videos and formats are missing; install "
          "yt-dlp with it (`pipx install \"yt-dlp[default]\"`)"},
    entry{"challenge solving failed", mend_solver},
    entry{"Signature solving failed", mend_solver},
    entry{
        "nsig extraction failed",
        "yt-dlp cannot read the site's script, so formats may be missing or slow; install a current yt-dlp and name it "
        "with --yt-dlp PATH"},
    entry{"missing a URL",
          "the site gives out no URLs for some formats (SABR only), so these are missing; another player client or "
          "--cookies may help"},
    entry{"require a GVS PO Token",
          "the site wants a token (PO token) for some formats, so these are missing; another player client, a plug-in "
          "that provides tokens or --cookies may help"},
};

}  // namespace

std::string_view advice_on(std::string_view warning)
{
    for (const entry& each : table)
        if (warning.find(each.said) != warning.npos) return each.advice;
    return {};
}

}  // namespace reelpipe::resolve
