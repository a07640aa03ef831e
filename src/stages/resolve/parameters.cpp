#include "stages/resolve/parameters.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string_view>

namespace reelpipe::resolve {

namespace {

bool is_secret(std::string name)
{
    constexpr std::array<std::string_view, 14> words{"netrc",   "token",  "pass",    "secret",  "cookie",
                                                     "auth",    "user",   "visitor", "sync_id", "credential",
                                                     "api_key", "apikey", "header",  "proxy"};
    for (char& c : name)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return std::ranges::any_of(words, [&](std::string_view word) { return name.find(word) != name.npos; });
}

void hide_secrets(nlohmann::json& value)
{
    if (value.is_array())
        for (nlohmann::json& each : value) hide_secrets(each);
    if (!value.is_object()) return;
    for (auto& [name, each] : value.items()) {
        if (is_secret(name))
            each = "(hidden)";
        else
            hide_secrets(each);
    }
}

}  // namespace

std::string without_secrets(const std::string& parameters)
{
    if (parameters.empty()) return {};
    nlohmann::json shown = nlohmann::json::parse(parameters, nullptr, false);
    if (shown.is_discarded()) return {};
    hide_secrets(shown);
    return shown.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace reelpipe::resolve
