#include "folder/readable_ledger.hpp"

#include <fmt/format.h>

namespace reelpipe {

namespace {

std::filesystem::path ledger_in(const std::filesystem::path& folder) { return folder / ".reelpipe/ledger.sqlite"; }

}  // namespace

database readable_ledger(const std::filesystem::path& folder)
{
    if (!std::filesystem::exists(ledger_in(folder)))
        throw usage_error("there is none; name a folder that `reelpipe download -o` was given");
    return database::read_only(ledger_in(folder));
}

usage_error about_ledger(const std::filesystem::path& folder, const std::exception& e)
{
    return usage_error(fmt::format("the ledger {}: {}", ledger_in(folder).string(), e.what()));
}

}  // namespace reelpipe
