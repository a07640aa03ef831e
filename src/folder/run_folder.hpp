#ifndef REELPIPE_FOLDER_RUN_FOLDER_HPP
#define REELPIPE_FOLDER_RUN_FOLDER_HPP

#include <filesystem>

#include "ledger/database.hpp"

namespace reelpipe {

// The output folder, held by one run at a time, and what reelpipe keeps in it beside the clips: `.reelpipe/`.
class run_folder {
public:
    // Makes what is missing, takes the lock and clears what a killed run left. Throws usage_error: the folder cannot be
    // written, or another run holds it.
    explicit run_folder(std::filesystem::path output);
    run_folder(const run_folder&) = delete;
    run_folder& operator=(const run_folder&) = delete;
    ~run_folder();

    const std::filesystem::path& output() const { return output_; }
    std::filesystem::path temporary() const { return own_ / "tmp"; }
    std::filesystem::path rejected() const { return own_ / "rejected"; }  // files under a clip's name that were no clip
    std::filesystem::path ledger() const { return own_ / "ledger.sqlite"; }

private:
    std::filesystem::path output_, own_;
    int lock_ = -1;
};

// An output folder that is read: no run begins in it meanwhile, and nothing in it is changed.
class quiet_folder {
public:
    // Throws usage_error: a run is at work in the folder.
    explicit quiet_folder(std::filesystem::path output);
    quiet_folder(const quiet_folder&) = delete;
    quiet_folder& operator=(const quiet_folder&) = delete;
    ~quiet_folder();

    const std::filesystem::path& output() const { return output_; }
    const std::filesystem::path& own() const { return own_; }
    std::filesystem::path ledger() const { return own_ / "ledger.sqlite"; }

private:
    std::filesystem::path output_, own_;
    int lock_ = -1;
};

// Opens the folder's ledger; one that is damaged is moved aside (`set_aside` says where, empty: it was fine) and begun
// anew, because the clips on disk tell what was done.
database open_ledger(const run_folder&, std::filesystem::path& set_aside);

}  // namespace reelpipe

#endif
