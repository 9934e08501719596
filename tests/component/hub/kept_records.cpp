// SPDX-License-Identifier: Apache-2.0
#include "tests/component/hub/kept_records.h"

#include <algorithm>
#include <optional>
#include <string>

#include "hub/catalog_database.h"
#include "hub/metadata_database.h"
#include "hub/pins.h"

namespace weir::hub {
namespace {

constexpr int kHighestNumber = 9;
const std::string kCommit(40, 'c');
const WallTime kNow{std::chrono::seconds(1'795'000'000)};

BlobId blob(int number) {
  return {sha256(std::to_string(number)), static_cast<uint64_t>(number)};
}

Result<std::set<int>> wrong() {
  return fail(ErrorCode::invalid, "a record is not what was written");
}

class KeptPins : public KeptRecords {
 public:
  explicit KeptPins(const std::filesystem::path& folder) : pins_(folder / "pins", folder / "catalog.db") {}

  Result<void> open() override { return {}; }

  Result<void> write(int number) override {
    TRY(pins_.add(pin(number)));
    return {};
  }

  Result<std::set<int>> read() override {
    TRY_ASSIGN(auto pins, pins_.list());
    std::set<int> numbers;
    for (int number = 1; number <= kHighestNumber; ++number)
      if (std::find(pins.begin(), pins.end(), pin(number)) != pins.end()) numbers.insert(number);
    return numbers.size() == pins.size() ? numbers : wrong();
  }

 private:
  static Pin pin(int number) { return {RepoType::dataset, "org/" + std::to_string(number), "main"}; }

  Pins pins_;
};

// A record is what a file's name stands for and what an object is, written together.
class KeptCatalog : public KeptRecords {
 public:
  explicit KeptCatalog(const std::filesystem::path& folder) : path_(folder / "catalog.db") {}

  Result<void> open() override {
    database_.reset();
    TRY_ASSIGN(auto opened, CatalogDatabase::open(path_, CatalogLimits{}));
    auto objects = opened.take_objects();
    database_.emplace(std::move(opened));
    TRY_ASSIGN(auto numbers, read());
    auto is_one = [&](const NamedObject& held) { return numbers.contains(number_of(held.blob)) && is_right(held); };
    return std::all_of(objects.begin(), objects.end(), is_one) ? Result<void>() : fail(wrong().error());
  }

  Result<void> write(int number) override {
    if (database_->is_in_memory()) TRY(open());
    return database_->write({object(number), file(number)});
  }

  Result<std::set<int>> read() override {
    std::set<int> numbers;
    bool right = true;
    TRY(for_each_named_file(path_, [&](const NamedFile& held) {
      numbers.insert(number_of(held.blob));
      right = right && held == file(number_of(held.blob));
    }));
    TRY_ASSIGN(auto database, Database::open_read_only(path_));
    TRY_ASSIGN(auto objects, database.prepare("SELECT count(*) FROM objects"));
    TRY(objects.step());
    return right && objects.integer(0) == static_cast<int64_t>(numbers.size()) ? numbers : wrong();
  }

 private:
  static int number_of(const BlobId& blob) { return static_cast<int>(blob.size); }
  static NamedObject object(int number) { return {{"cdn.hf.co", "/" + std::to_string(number)}, blob(number)}; }
  static NamedFile file(int number) {
    return {{RepoType::model, "org/name", "main", std::to_string(number)}, kCommit, blob(number)};
  }
  static bool is_right(const NamedObject& held) { return held == object(number_of(held.blob)); }

  std::filesystem::path path_;
  std::optional<CatalogDatabase> database_;
};

// A record is the head of a file and a permission, written together.
class KeptMetadata : public KeptRecords {
 public:
  explicit KeptMetadata(const std::filesystem::path& folder) : path_(folder / "metadata.db") {}

  Result<void> open() override {
    database_.reset();
    TRY_ASSIGN(auto opened, MetadataDatabase::open(path_, MetadataOptions{}));
    database_.emplace(std::move(opened));
    return {};
  }

  Result<void> write(int number) override {
    if (database_->is_in_memory()) TRY(open());
    return database_->write({LearntFile{file(number), head(number)}, permission(number)});
  }

  Result<std::set<int>> read() override {
    TRY_ASSIGN(auto access, database_->load_access());
    std::set<int> numbers;
    for (int number = 1; number <= kHighestNumber; ++number) {
      TRY_ASSIGN(auto held, database_->find(file(number)));
      bool permitted = std::find(access.begin(), access.end(), permission(number)) != access.end();
      if (held.has_value() != permitted || (held && *held != head(number))) return wrong();
      if (held) numbers.insert(number);
    }
    return numbers.size() == access.size() ? numbers : wrong();
  }

 private:
  static RepoName repo() { return {RepoType::model, "org/name"}; }
  static CommitFile file(int number) { return {repo(), kCommit, std::to_string(number)}; }
  static FileHead head(int number) {
    FileHead head;
    head.digest = blob(number).digest;
    head.size = blob(number).size;
    head.fields = {{"ETag", std::to_string(number)}};
    return head;
  }
  static AccessRecord permission(int number) {
    return {Asker{sha256(std::to_string(number))}, repo(), Right::all_files, kNow, AccessRecord::Kind::yes};
  }

  std::filesystem::path path_;
  std::optional<MetadataDatabase> database_;
};

}  // namespace

std::unique_ptr<KeptRecords> kept_pins(const std::filesystem::path& folder) {
  return std::make_unique<KeptPins>(folder);
}

std::unique_ptr<KeptRecords> kept_catalog(const std::filesystem::path& folder) {
  return std::make_unique<KeptCatalog>(folder);
}

std::unique_ptr<KeptRecords> kept_metadata(const std::filesystem::path& folder) {
  return std::make_unique<KeptMetadata>(folder);
}

}  // namespace weir::hub
