// SPDX-License-Identifier: Apache-2.0
#include "config/locations.h"

namespace weir::config {
namespace {

constexpr const char* kSystemFile = "/etc/weir/weir.toml";

// A folder of the XDG specification, which says that a relative value is to be ignored.
std::filesystem::path xdg_folder(const Environment& environment, const char* name,
                                 const std::filesystem::path& otherwise) {
  auto found = environment.find(name);
  if (found == environment.end()) return otherwise;
  std::filesystem::path folder(found->second);
  return folder.is_absolute() ? folder : otherwise;
}

bool is_there(const std::filesystem::path& file) {
  std::error_code error;
  return std::filesystem::exists(file, error);
}

}  // namespace

Result<Locations> locations_of(const Environment& environment) {
  auto home = environment.find("HOME");
  if (home == environment.end() || !std::filesystem::path(home->second).is_absolute())
    return fail(ErrorCode::invalid, "HOME is not set to an absolute path; set it to your home folder");
  Locations locations;
  locations.home = home->second;
  locations.data = xdg_folder(environment, "XDG_DATA_HOME", locations.home / ".local/share") / "weir";
  locations.settings = xdg_folder(environment, "XDG_CONFIG_HOME", locations.home / ".config") / "weir";
  return locations;
}

std::filesystem::path find_config_file(const Environment& environment, const Locations& locations) {
  auto named = environment.find("WEIR_CONFIG");
  if (named != environment.end() && !named->second.empty()) return named->second;
  auto own = locations.settings / "weir.toml";
  if (is_there(own)) return own;
  if (is_there(kSystemFile)) return kSystemFile;
  return {};
}

std::filesystem::path resolve_path(const std::string& text, const std::filesystem::path& folder,
                                   const std::filesystem::path& home) {
  if (text == "~") return home;
  if (text.starts_with("~/")) return (home / text.substr(2)).lexically_normal();
  return (folder / text).lexically_normal();
}

}  // namespace weir::config
