// SPDX-License-Identifier: Apache-2.0
#include "config/sources.h"

#include <fmt/format.h>

#include <algorithm>

#include "config/option_kinds.h"
#include "config/source_urls.h"

namespace weir::config {
namespace {

using upstream::SourceKind;
using upstream::SourceOptions;

constexpr size_t kMostConnections = 64;
constexpr size_t kStorjConnections = 16;
constexpr size_t kLongestName = 64;

const std::vector<SourceKind> kAll = {SourceKind::origin, SourceKind::mirror, SourceKind::storj, SourceKind::peer};
const std::vector<SourceKind> kOthers = {SourceKind::mirror, SourceKind::storj, SourceKind::peer};

bool is_name(const std::string& text) {
  auto is_good = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' ||
           c == '.' || c == ':';
  };
  return !text.empty() && text.size() <= kLongestName && text != "origin" &&
         std::all_of(text.begin(), text.end(), is_good);
}

// A key whose value is text that `take` judges.
SourceKey text_key(Text text, std::string expected, std::vector<SourceKind> kinds,
                   std::function<bool(SourceOptions&, const std::string&)> take,
                   std::function<std::string(const SourceOptions&)> show) {
  auto set = [take](SourceOptions& source, const Value& value) {
    const auto* given = scalar_of<std::string>(value);
    return given && take(source, *given);
  };
  return {std::move(text.key),
          std::move(expected),
          std::move(text.help),
          std::move(kinds),
          set,
          [show](const SourceOptions& source) { return toml_string(show(source)); }};
}

SourceKey flag_key(Text text, std::vector<SourceKind> kinds, bool SourceOptions::*field) {
  auto set = [field](SourceOptions& source, const Value& value) {
    const auto* flag = scalar_of<bool>(value);
    if (flag) source.*field = *flag;
    return flag != nullptr;
  };
  return {std::move(text.key),
          "true or false",
          std::move(text.help),
          std::move(kinds),
          set,
          [field](const SourceOptions& source) -> std::string { return source.*field ? "true" : "false"; }};
}

SourceKey parallelism_key() {
  auto set = [](SourceOptions& source, const Value& value) {
    const auto* number = scalar_of<int64_t>(value);
    if (!number || *number < 1 || *number > static_cast<int64_t>(kMostConnections)) return false;
    source.parallelism = static_cast<size_t>(*number);
    return true;
  };
  return {"parallelism",
          fmt::format("a whole number from 1 to {}", kMostConnections),
          "Connections to it for one file at most; 16 for storj, fetch.connections for the origin, else 8.",
          kAll,
          set,
          [](const SourceOptions& source) { return std::to_string(source.parallelism); }};
}

SourceKey rate_key() {
  auto set = [](SourceOptions& source, const Value& value) {
    const auto* scalar = std::get_if<Scalar>(&value);
    auto bytes = scalar ? parse_size(*scalar) : std::nullopt;
    if (bytes) source.rate = *bytes;
    return bytes.has_value();
  };
  return {"rate",
          "a size such as \"20MB\", or a number of bytes",
          "Bytes a second that all downloads take from it together; 0 means no limit.",
          kAll,
          set,
          [](const SourceOptions& source) { return toml_string(show_size(source.rate)); }};
}

std::vector<SourceKey> place_keys() {
  auto take_name = [](SourceOptions& source, const std::string& text) {
    source.name = text;
    return is_name(text);
  };
  // The kind is read before all else.
  auto take_kind = [](SourceOptions&, const std::string&) { return true; };
  auto show_url = [](const SourceOptions& source) { return without_path(source.url.reveal()); };
  return {text_key({"name", "What the log and weir source ls call it; the host of its URL where there is none."},
                   "letters, digits and -_.: (64 at most, and not \"origin\")", kOthers, take_name,
                   [](const SourceOptions& source) { return source.name; }),
          text_key({"kind",
                    "Another endpoint of the hub (mirror), a web server that holds files by their sha256 (storj: "
                    "Storj's linksharing or any other), another Weir (peer), or the hub itself (origin), which is a "
                    "source without being named."},
                   R"("mirror", "storj", "peer" or "origin")", kAll, take_kind,
                   [](const SourceOptions& source) { return std::string(name_of(source.kind)); }),
          text_key({"endpoint", "Where a mirror is, as in HF_ENDPOINT."}, std::string(kEndpointExpected),
                   {SourceKind::mirror}, take_source_url, show_url),
          text_key({"prefix",
                    "Where a web server has its files; a secret where it holds an access grant, so keep this file to "
                    "yourself (chmod 600)."},
                   std::string(kPrefixExpected), {SourceKind::storj}, take_source_url, show_url),
          text_key({"template",
                    "The URL of a file there, made of {prefix}, {sha256}, {sha256:0:2}, {sha256:2:2} and {cdn_path}: "
                    "/repos/aa/bb/HASH/SHA256, the path that the hub's CDN has used for it."},
                   R"("{prefix}" and a path with {sha256} or {cdn_path}, such as "{prefix}/{sha256:0:2}/{sha256}")",
                   {SourceKind::storj}, take_template,
                   [](const SourceOptions& source) { return without_query(source.url_template); }),
          text_key({"host", "Where a peer is; weir peer add makes its acquaintance."},
                   R"("HOST" or "HOST:PORT" such as "weir.example.com:9347")", {SourceKind::peer}, take_peer_host,
                   [](const SourceOptions& source) { return source.place; })};
}

std::vector<SourceKey> make_keys() {
  auto keys = place_keys();
  keys.push_back(parallelism_key());
  keys.push_back(rate_key());
  keys.push_back(flag_key({"enabled",
                           "Whether it is asked at all; WEIR_NO_STORJ=true in Weir's environment switches "
                           "all of kind storj off."},
                          kAll, &SourceOptions::enabled));
  keys.push_back(flag_key({"trusted", "Whether clients may read its bytes before the file's sha256 is known."}, kOthers,
                          &SourceOptions::trusted));
  keys.push_back(flag_key({"send_token", "Whether a mirror gets the token of the client that asks."},
                          {SourceKind::mirror}, &SourceOptions::send_token));
  keys.push_back(flag_key({"share_private",
                           "Whether it may learn which files are asked for that not everybody can "
                           "read on the hub."},
                          kOthers, &SourceOptions::share_private));
  return keys;
}

bool has(const SourceKey& key, SourceKind kind) {
  return std::find(key.kinds.begin(), key.kinds.end(), kind) != key.kinds.end();
}

std::string known_keys(SourceKind kind) {
  std::vector<std::string> names;
  for (const auto& key : source_keys())
    if (has(key, kind)) names.push_back(key.name);
  return fmt::format("{}", fmt::join(names, ", "));
}

// One table on its way to a source.
class TableReader {
 public:
  TableReader(const TomlTable& table, const std::filesystem::path& file) : table_(table), file_(file) {}

  Result<SourceOptions> read(const Config& config) {
    TRY_ASSIGN(source_.kind, kind());
    if (source_.kind == SourceKind::origin) source_ = upstream::origin_source();
    if (source_.kind == SourceKind::origin) source_.parallelism = config.fetch.connections;
    if (source_.kind == SourceKind::storj) source_.parallelism = kStorjConnections;
    for (const auto& setting : table_.settings) TRY(take(setting));
    TRY(check_url(config.reach));
    if (source_.name.empty()) source_.name = host_of(source_.url.reveal());
    return std::move(source_);
  }

  // A sentence about that key of the table, or about the table when it lacks it.
  tl::unexpected<Error> wrong(const std::string& key, const std::string& what) const {
    const auto* setting = find(key);
    return fail(ErrorCode::invalid, fmt::format("{}:{}: source.{}: {}", file_.string(),
                                                setting ? setting->line : table_.line, log::escaped(key), what));
  }

 private:
  const Setting* find(const std::string& key) const {
    auto found = std::find_if(table_.settings.begin(), table_.settings.end(),
                              [&](const Setting& setting) { return setting.key == key; });
    return found == table_.settings.end() ? nullptr : &*found;
  }

  Result<SourceKind> kind() const {
    const auto* setting = find("kind");
    const auto* word = setting ? scalar_of<std::string>(setting->value) : nullptr;
    auto found = std::find_if(kAll.begin(), kAll.end(), [&](auto each) { return word && name_of(each) == *word; });
    if (found == kAll.end()) return wrong("kind", R"(expected "mirror", "storj", "peer" or "origin")");
    return *found;
  }

  Result<void> take(const Setting& setting) {
    auto key = std::find_if(source_keys().begin(), source_keys().end(),
                            [&](const SourceKey& each) { return each.name == setting.key; });
    if (key == source_keys().end() || !has(*key, source_.kind))
      return wrong(setting.key, fmt::format("expected a key of a source of kind {}: {}", name_of(source_.kind),
                                            known_keys(source_.kind)));
    if (!key->set(source_, setting.value)) return wrong(setting.key, "expected " + key->expected);
    return {};
  }

  Result<void> check_url(const upstream::ReachOptions& reach) const {
    if (source_.kind == SourceKind::origin) return {};
    auto key = source_.kind == SourceKind::mirror ? "endpoint" : source_.kind == SourceKind::storj ? "prefix" : "host";
    if (source_.url.empty())
      return wrong(key, fmt::format("expected it in a source of kind {}, to say where that is", name_of(source_.kind)));
    if (!is_safe(source_.url.reveal(), reach))
      return wrong(key,
                   "expected https://; http:// is for numeric loopback and private addresses that tunnel.allow_private "
                   "names");
    return {};
  }

  const TomlTable& table_;
  const std::filesystem::path& file_;
  SourceOptions source_;
};

std::string shown(const SourceOptions& source) {
  std::string out = "[[source]]\n";
  for (const auto& key : source_keys())
    if (has(key, source.kind)) out += key.name + " = " + key.show(source) + "\n";
  return out;
}

}  // namespace

const std::vector<SourceKey>& source_keys() {
  static const std::vector<SourceKey> all = make_keys();
  return all;
}

Result<void> read_sources(Config& config, const TomlFile& toml, const std::filesystem::path& file) {
  config.sources = {upstream::origin_source()};
  config.sources.front().parallelism = config.fetch.connections;
  bool origin_named = false;
  for (const auto& table : toml.array_tables) {
    if (table.key != "source") continue;
    TableReader reader(table, file);
    TRY_ASSIGN(auto source, reader.read(config));
    auto same = std::find_if(config.sources.begin(), config.sources.end(),
                             [&](const SourceOptions& each) { return each.name == source.name; });
    bool is_first_origin = source.kind == SourceKind::origin && !std::exchange(origin_named, true);
    if (is_first_origin) {
      config.sources.front() = std::move(source);
    } else if (source.kind == SourceKind::origin) {
      return reader.wrong("kind", "expected one [[source]] of kind origin at most");
    } else if (same != config.sources.end()) {
      return reader.wrong(
          "name", fmt::format("expected a name of its own; another source is called {} too", toml_string(source.name)));
    } else {
      config.sources.push_back(std::move(source));
    }
  }
  return {};
}

Result<void> apply_no_storj(Config& config, const std::string& value) {
  if (value != "true" && value != "false" && !value.empty())
    return fail(ErrorCode::invalid, "WEIR_NO_STORJ: expected true or false");
  for (auto& source : config.sources)
    if (value == "true" && source.kind == SourceKind::storj) source.enabled = false;
  return {};
}

std::string effective_sources(const Config& config) {
  std::string out;
  for (const auto& source : config.sources) out += "\n" + shown(source);
  return out;
}

}  // namespace weir::config
