// SPDX-License-Identifier: Apache-2.0
#include "hub/catalog.h"

#include <gmock/gmock.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <fstream>
#include <iterator>
#include <string>
#include <thread>

namespace weir::hub {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;

BlobId blob(uint8_t byte) {
  BlobId blob;
  blob.digest.bytes.fill(byte);
  blob.size = byte;
  return blob;
}

NamedObject object(int number, uint8_t byte) {
  return {{"us.aws.cdn.hf.co", "/xet-bridge-us/" + std::to_string(number)}, blob(byte)};
}

NamedRegularFile regular_file(int number, uint8_t byte) {
  RegularFile file;
  file.digest.bytes.fill(byte);
  file.size = byte;
  file.git_id.bytes.fill(byte);
  file.fields = {
      {"Content-Type", "application/json"}, {"Content-Disposition", "inline; filename=\"a:b\""}, {"Empty", ""}};
  return {{"huggingface.co", "/api/resolve-cache/models/a/b/c/" + std::to_string(number)}, file};
}

NamedFile named_file(std::string path, uint8_t byte) {
  return {{RepoType::dataset, "org/name", "refs/pr/1", std::move(path)}, std::string(40, 'c'), blob(byte)};
}

class CatalogTest : public testing::Test {
 protected:
  CatalogTest() {
    std::string folder = testing::TempDir() + "catalog-XXXXXX";
    folder_ = mkdtemp(folder.data());
    path_ = folder_ / "catalog.db";
  }
  ~CatalogTest() override { fs::remove_all(folder_); }

  std::unique_ptr<Catalog> open(const CatalogLimits& limits = {}) {
    auto catalog = Catalog::open(path_, limits);
    EXPECT_TRUE(catalog) << catalog.error().message;
    return std::move(*catalog);
  }

  std::vector<NamedFile> named_files() {
    std::vector<NamedFile> files;
    auto read = for_each_named_file(path_, [&files](const NamedFile& file) { files.push_back(file); });
    EXPECT_TRUE(read) << read.error().message;
    return files;
  }

  fs::path folder_;
  fs::path path_;
};

TEST_F(CatalogTest, knows_what_a_blob_is_the_file_of) {
  auto catalog = open();
  catalog->learn(named_file("a", 1));
  catalog->learn(named_file("b", 1));
  catalog->learn(NamedFile{{RepoType::model, "gpt2", "main", "a"}, "", blob(1)});
  catalog->learn(named_file("c", 2));
  catalog->flush();
  NamedFile gpt2{{RepoType::model, "gpt2", "main", "a"}, "", blob(1)};
  EXPECT_THAT(names_of_blob(path_, blob(1).digest, 9).value(),
              testing::UnorderedElementsAre(named_file("a", 1), named_file("b", 1), gpt2));
  EXPECT_THAT(names_of_blob(path_, blob(1).digest, 2).value(), testing::SizeIs(2));
  EXPECT_THAT(names_of_blob(path_, blob(3).digest, 9).value(), testing::IsEmpty());
  EXPECT_THAT(names_of_blob(path_.string() + ".none", blob(1).digest, 9).value(), testing::IsEmpty());
}

TEST_F(CatalogTest, finds_at_once_what_was_learnt) {
  auto catalog = open();
  EXPECT_EQ(catalog->find_object(object(1, 1).name), std::nullopt);
  EXPECT_EQ(catalog->find_regular_file(regular_file(1, 1).name), std::nullopt);
  catalog->learn(object(1, 1));
  catalog->learn(regular_file(1, 1));
  EXPECT_EQ(catalog->find_object(object(1, 1).name), blob(1));
  EXPECT_EQ(catalog->find_regular_file(regular_file(1, 1).name), regular_file(1, 1).file);
  EXPECT_EQ(catalog->find_object({"cdn.hf.co", object(1, 1).name.path}), std::nullopt);
}

TEST_F(CatalogTest, finds_it_after_a_restart) {
  auto catalog = open();
  catalog->learn(object(1, 1));
  catalog->learn(object(2, 2));
  catalog->learn(object(1, 3));
  catalog->learn(regular_file(1, 4));
  catalog.reset();
  catalog = open();
  EXPECT_EQ(catalog->find_object(object(1, 0).name), blob(3));
  EXPECT_EQ(catalog->find_object(object(2, 0).name), blob(2));
  EXPECT_EQ(catalog->find_regular_file(regular_file(1, 0).name), regular_file(1, 4).file);
  EXPECT_THAT(catalog->object_hosts(), ElementsAre("us.aws.cdn.hf.co"));
}

TEST_F(CatalogTest, sizes_above_four_gigabytes_are_kept) {
  auto large = object(1, 1);
  large.blob.size = 400'000'000'000;
  open()->learn(large);
  EXPECT_EQ(open()->find_object(large.name), large.blob);
}

TEST_F(CatalogTest, lists_the_names_beside_its_owner) {
  auto catalog = open();
  EXPECT_THAT(named_files(), testing::IsEmpty());
  catalog->learn(named_file("b", 2));
  catalog->learn(named_file("a", 2));
  catalog->learn(named_file("z", 1));
  catalog->flush();
  EXPECT_THAT(named_files(), ElementsAre(named_file("z", 1), named_file("a", 2), named_file("b", 2)));
  catalog->learn(named_file("z", 3));
  catalog->flush();
  EXPECT_THAT(named_files(), ElementsAre(named_file("a", 2), named_file("b", 2), named_file("z", 3)));
}

TEST_F(CatalogTest, a_missing_catalog_names_nothing) {
  EXPECT_THAT(named_files(), testing::IsEmpty());
  EXPECT_FALSE(fs::exists(path_));
}

TEST_F(CatalogTest, a_name_that_means_the_same_is_not_written_again) {
  auto catalog = open();
  catalog->learn(named_file("a", 1));
  catalog->flush();
  auto wal = path_.string() + "-wal";
  auto size = fs::file_size(wal);
  for (int i = 0; i < 10; ++i) {
    catalog->learn(named_file("a", 1));
    catalog->flush();
  }
  EXPECT_EQ(fs::file_size(wal), size);
  catalog->learn(named_file("a", 2));
  catalog->flush();
  EXPECT_GT(fs::file_size(wal), size);
}

TEST_F(CatalogTest, what_is_forgotten_can_be_learnt_again) {
  auto catalog = open();
  auto learn_all = [&] {
    for (const auto* path : {"a", "b"}) catalog->learn(named_file(path, 1));
    for (int number : {1, 2}) catalog->learn(regular_file(number, 1));
    catalog->flush();
  };
  learn_all();
  catalog->forget({{named_file("a", 1).file}, {regular_file(1, 1).name}});
  EXPECT_THAT(named_files(), testing::ElementsAre(named_file("b", 1)));
  EXPECT_EQ(catalog->find_regular_file(regular_file(1, 1).name), std::nullopt);
  EXPECT_EQ(catalog->find_regular_file(regular_file(2, 1).name), regular_file(2, 1).file);
  catalog = nullptr;
  catalog = open();
  EXPECT_EQ(catalog->find_regular_file(regular_file(1, 1).name), std::nullopt);
  EXPECT_NE(catalog->find_regular_file(regular_file(2, 1).name), std::nullopt);
  catalog->forget({{named_file("a", 1).file}, {regular_file(1, 1).name}});
  learn_all();
  EXPECT_EQ(named_files().size(), 2u);
  EXPECT_EQ(catalog->find_regular_file(regular_file(1, 1).name), regular_file(1, 1).file);
}

TEST_F(CatalogTest, keeps_the_newest_in_memory_and_on_disk) {
  CatalogLimits limits;
  limits.objects = 2;
  limits.regular_files = 2;
  limits.names = 2;
  auto catalog = open(limits);
  for (uint8_t i = 0; i < 4; ++i) {
    catalog->learn(object(i, i));
    catalog->learn(regular_file(i, i));
    catalog->learn(named_file(std::to_string(i), i));
  }
  for (int restart = 0; restart < 2; ++restart) {
    EXPECT_EQ(catalog->find_object(object(1, 0).name), std::nullopt);
    EXPECT_EQ(catalog->find_object(object(2, 0).name), blob(2));
    EXPECT_EQ(catalog->find_object(object(3, 0).name), blob(3));
    EXPECT_EQ(catalog->find_regular_file(regular_file(1, 0).name), std::nullopt);
    EXPECT_EQ(catalog->find_regular_file(regular_file(3, 0).name), regular_file(3, 3).file);
    catalog.reset();
    catalog = open(limits);
  }
  EXPECT_THAT(named_files(), ElementsAre(named_file("2", 2), named_file("3", 3)));
}

TEST_F(CatalogTest, a_damaged_one_is_set_aside) {
  std::ofstream(path_) << std::string(8192, 'x');
  auto catalog = open();
  EXPECT_TRUE(fs::exists(path_.string() + ".set-aside"));
  catalog->learn(object(1, 1));
  catalog.reset();
  EXPECT_EQ(open()->find_object(object(1, 1).name), blob(1));
}

TEST_F(CatalogTest, one_that_is_damaged_within_is_set_aside) {
  {
    auto catalog = open();
    for (int i = 0; i < 1000; ++i) catalog->learn(object(i, 1));
  }
  {
    std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(4096);
    file << std::string(static_cast<size_t>(fs::file_size(path_)) - 4096, '\xff');
  }
  auto catalog = open();
  EXPECT_TRUE(fs::exists(path_.string() + ".set-aside"));
  EXPECT_EQ(catalog->find_object(object(1, 1).name), std::nullopt);
}

TEST_F(CatalogTest, one_of_a_newer_version_is_set_aside) {
  {
    auto database = Database::open(path_);
    ASSERT_TRUE(database && database->execute("CREATE TABLE t (a); PRAGMA user_version = 99"));
  }
  open();
  auto aside = Database::open(path_.string() + ".set-aside");
  ASSERT_TRUE(aside);
  EXPECT_EQ(aside->schema_version(), 99);
}

TEST_F(CatalogTest, a_link_or_a_pipe_in_its_place_or_beside_it_is_set_aside) {
  auto elsewhere = folder_ / "elsewhere";
  for (const auto* suffix : {"", "-wal", "-shm"}) {
    for (bool pipe : {false, true}) {
      SCOPED_TRACE(suffix);
      auto name = path_.string() + suffix;
      fs::remove(name);
      if (pipe) {
        ASSERT_EQ(::mkfifo(name.c_str(), 0600), 0);
      } else {
        fs::create_symlink(elsewhere, name);
      }
      open()->learn(object(1, 1));
      auto aside = fs::symlink_status(path_.string() + ".set-aside" + suffix).type();
      EXPECT_EQ(aside, pipe ? fs::file_type::fifo : fs::file_type::symlink);
      EXPECT_EQ(open()->find_object(object(1, 1).name), blob(1));
    }
  }
  EXPECT_FALSE(fs::exists(elsewhere));
}

TEST_F(CatalogTest, what_is_no_fault_of_the_file_is_an_error) {
  auto catalog = Catalog::open(folder_ / "missing" / "catalog.db");
  ASSERT_FALSE(catalog);
  EXPECT_EQ(catalog.error().code, ErrorCode::io);
}

// Queries are credentials; nothing that is given to the catalog with care may put one on the disk by another way.
TEST_F(CatalogTest, no_query_reaches_the_disk) {
  auto catalog = open();
  catalog->learn(NamedObject{object_name("cdn.hf.co", "/path-that-is-kept?Signature=top-secret"), blob(1)});
  RegularFile file;
  file.fields = kept_fields({{"Set-Cookie", "top-secret"}, {"Authorization", "top-secret"}, {"Content-Type", "kept"}});
  catalog->learn(NamedRegularFile{object_name("huggingface.co", "/a?top-secret"), file});
  catalog->flush();
  std::string bytes;
  for (const auto& entry : fs::directory_iterator(folder_)) {
    std::ifstream in(entry.path(), std::ios::binary);
    bytes.append(std::istreambuf_iterator<char>(in), {});
  }
  EXPECT_NE(bytes.find("path-that-is-kept"), std::string::npos);
  EXPECT_EQ(bytes.find("top-secret"), std::string::npos);
}

TEST_F(CatalogTest, serves_many_threads) {
  auto catalog = open();
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread)
    threads.emplace_back([&catalog, thread] {
      for (int i = 0; i < 200; ++i) {
        catalog->learn(object(thread * 1000 + i, 7));
        EXPECT_EQ(catalog->find_object(object(thread * 1000 + i, 7).name), blob(7));
        if (i % 50 == 0) catalog->flush();
      }
    });
  for (auto& thread : threads) thread.join();
  catalog.reset();
  catalog = open();
  for (int thread = 0; thread < 4; ++thread)
    EXPECT_EQ(catalog->find_object(object(thread * 1000 + 199, 7).name), blob(7));
}

}  // namespace
}  // namespace weir::hub
