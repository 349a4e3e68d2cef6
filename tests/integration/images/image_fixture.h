#pragma once
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "images/store.h"

namespace drydock::images {

// One tar header with its content, byte by byte as a test wants it: no library would write the
// hostile ones.
struct TarPart {
  char type =
      '0';  // '0' file, '1' hard link, '2' symbolic link, '3' '4' devices, '5' folder, '6' fifo
  std::string name;
  std::string content;
  std::string link;
  unsigned mode = 0644;
  unsigned uid = 0;
  unsigned gid = 0;
  unsigned major = 0;
  unsigned minor = 0;
  std::vector<std::pair<std::string, std::string>>
      pax;  // extended attributes and the like, for this entry
  long mtime = 1700000000;
};
std::string tar_bytes(const std::vector<TarPart>& parts, bool with_end = true);

// A layer that is one file.
std::string one_file(const std::string& name, const std::string& content);

std::string sha256_digest(const std::string& data);
std::string gzip_bytes(const std::string& data);

// The files of an OCI layout with one image whose layers are `tars` (uncompressed).
std::map<std::string, std::string> oci_layout(const std::vector<std::string>& tars,
                                              const std::string& name);
std::string tar_of_files(const std::map<std::string, std::string>& files);

// A temporary state root with a store in it, removed at the end; and the check that no mount below
// it is left.
class ImagesRoot : public ::testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  Store& store() { return *store_; }
  // Opens the store again, as a new process would.
  void reopen();
  Result<std::vector<std::string>> load(const std::string& archive);  // manifest digests
  // Loads an image of these layers as docker.io/library/<name>:latest.
  ImagePtr load_layers(const std::vector<std::string>& tars, const std::string& name = "test");
  // Unpacks one layer (as the lowest or not) into <dir>/out.
  Result<LayerReport> unpack(const std::string& blob, bool lowest = false);
  std::string out(const std::string& path = "") const { return dir_ + "/out/" + path; }
  StoreOptions options() const;
  // Everything below a folder: paths, for comparing before and after.
  static std::vector<std::string> tree(const std::string& folder);
  static std::string text(const std::string& path);
  // Runs a program found in /bin or /usr/bin; its exit code.
  static int run(std::vector<std::string> command);

  std::string dir_;
  UnpackLimits limits_;

 private:
  std::unique_ptr<Store> store_;
};

}  // namespace drydock::images
