#ifndef REELPIPE_BATCH_SHAPING_HPP
#define REELPIPE_BATCH_SHAPING_HPP

#include <map>
#include <string>
#include <vector>

#include "reelpipe/download_options.hpp"

namespace reelpipe {

// The options that shape clips, by the names that the command line has for them.
std::map<std::string, std::string> shaping_values(const download_options&);

// "--crf was '23' and is now '20'", for each of them.
std::vector<std::string> differences_of(const std::map<std::string, std::string>& before,
                                        const std::map<std::string, std::string>& now);

}  // namespace reelpipe

#endif
