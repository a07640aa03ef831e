#ifndef REELPIPE_FOLDER_PAGE_HPP
#define REELPIPE_FOLDER_PAGE_HPP

#include <cstddef>
#include <filesystem>
#include <string>

#include <reelpipe/folder_report.hpp>

namespace reelpipe {

struct folder_page_options {
    std::filesystem::path folder{};
    // A program that calls run_clip_worker() when it is started with the word "clip-worker". Its sandboxed processes
    // decode the frames that the page shows. Empty: the page shows none.
    std::filesystem::path worker{};
    std::size_t frames = 48;  // of clips drawn by chance, about as many of each label; besides, of odd ones
};

struct folder_page {
    folder_report report{};
    std::string html{};  // the same, and more
};

// The summary of an output folder, and a web page of it in one file, which asks nothing of any network. Reads the
// ledger, also while a run is at work, and the files of the clips whose frames it shows; changes nothing. Which clips
// are drawn depends on their names alone. Throws usage_error when there is no ledger in the folder, or none that this
// version can read.
folder_page page_on(const folder_page_options&);

}  // namespace reelpipe

#endif
