#ifndef REELPIPE_BENCH_SCALING_FINISHED_FOLDER_HPP
#define REELPIPE_BENCH_SCALING_FINISHED_FOLDER_HPP

#include <cstddef>
#include <filesystem>

namespace reelpipe::bench {

// A list, and the folder that a finished run over it leaves: a ledger and a file a clip. The files are empty, which a
// run that finds them as the ledger knows them does not notice.
struct finished_folder {
    std::filesystem::path list;
    std::filesystem::path clips;
};

// Made once and kept in `folder`. Of most videos two clips are wanted, of the others one; a third of the rows failed
// for good.
finished_folder make_finished_folder(const std::filesystem::path& folder, std::size_t rows);

}  // namespace reelpipe::bench

#endif
