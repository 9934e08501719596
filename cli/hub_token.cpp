// SPDX-License-Identifier: Apache-2.0
#include "cli/hub_token.h"

#include <filesystem>
#include <string>

#include "base/files.h"

namespace weir::cli {
namespace {

constexpr size_t kTokenLimit = 64 << 10;

std::string value_of(const config::Environment& environment, const std::string& name) {
  auto found = environment.find(name);
  return found == environment.end() ? "" : found->second;
}

std::filesystem::path token_file(const config::Environment& environment) {
  auto home = value_of(environment, "HOME");
  auto path = value_of(environment, "HF_TOKEN_PATH");
  if (path.empty()) {
    auto hf_home = value_of(environment, "HF_HOME");
    auto cache = value_of(environment, "XDG_CACHE_HOME");
    if (hf_home.empty()) hf_home = (cache.empty() ? home + "/.cache" : cache) + "/huggingface";
    path = hf_home + "/token";
  }
  return path.starts_with("~/") ? home + path.substr(1) : path;
}

// It goes into a header field: white space around it is cut off as the hub's tools do, and none may be within.
Result<Secret> clean(std::string_view text, const std::string& where) {
  constexpr std::string_view kSpace = " \t\r\n";
  auto begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return Secret();
  text = text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
  for (char c : text)
    if (c <= ' ' || c > '~') return fail(ErrorCode::invalid, "there is no token in " + where);
  return Secret(text);
}

}  // namespace

Result<Secret> find_hub_token(const config::Environment& environment) {
  TRY_ASSIGN(auto token, clean(value_of(environment, "HF_TOKEN"), "HF_TOKEN"));
  if (!token.empty()) return token;
  auto file = token_file(environment);
  TRY_ASSIGN(auto text, read_file(file, kTokenLimit));
  return text ? clean(*text, file.string()) : Secret();
}

}  // namespace weir::cli
