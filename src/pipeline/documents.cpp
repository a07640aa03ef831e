#include "pipeline/documents.hpp"

#include <fmt/format.h>

#include "folder/dataset_card.hpp"
#include "folder/download_report.hpp"

namespace reelpipe {

void write_documents(const checked_options& options, work_list& wanted, database& ledger, outcome_recorder& outcomes)
{
    const output_options& output = options.asked.output;
    write_report(output.report, wanted, options.trim);
    write_shorter_list(shorter_list_beside(output.report), wanted, options.trim);
    if (!output.state.empty()) return;  // the folder is not this run's alone
    if (!outcomes.ledger_error() && !write_dataset_card(output.folder, ledger))
        outcomes.say(severity::warning, fmt::format("{} is something else, and is not replaced by the folder's card",
                                                    (output.folder / dataset_card_name).string()));
}

}  // namespace reelpipe
