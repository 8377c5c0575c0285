#!/usr/bin/env Rscript
# Reads in R what `apollo extract` wrote into a folder, as docs/r.md says, and prints what is there:
#
#     Rscript scripts/read_in_r.R FOLDER
#
# FOLDER has files of `extract fields` (parquet, csv, tsv), the dictionary of `extract dictionary`, and, if
# you like, a sealed copy named `sealed`. A csv file beside a parquet file of the same name must say the same.
# Parquet needs one of the packages arrow, duckdb or nanoparquet; without them it says what it skips.

# Parquet as a data frame, by the first package that is there; NULL where none is.
parquet_reader <- function() {
  if (requireNamespace("arrow", quietly = TRUE)) {
    return(function(file) with_plain_lists(as.data.frame(arrow::read_parquet(file))))
  }
  if (requireNamespace("duckdb", quietly = TRUE)) {
    return(function(file) {
      connection <- DBI::dbConnect(duckdb::duckdb())
      on.exit(DBI::dbDisconnect(connection, shutdown = TRUE))
      name <- DBI::dbQuoteString(connection, file)
      DBI::dbGetQuery(connection, paste0("SELECT * FROM read_parquet(", name, ")"))
    })
  }
  if (requireNamespace("nanoparquet", quietly = TRUE)) {
    return(function(file) as.data.frame(nanoparquet::read_parquet(file)))
  }
  NULL
}

# Lists of arrow have a class of their own, which rbind of several files refuses.
with_plain_lists <- function(rows) {
  for (name in names(rows)[vapply(rows, is.list, TRUE)]) attributes(rows[[name]]) <- NULL
  rows
}

# Text files: everything as text first, so that R guesses no type; an empty cell is missing.
read_text <- function(file, dictionary) {
  separator <- if (grepl("\\.tsv$", file)) "\t" else ","
  rows <- read.table(
    file, header = TRUE, sep = separator, quote = "\"", comment.char = "", colClasses = "character",
    na.strings = "", check.names = FALSE, fileEncoding = "UTF-8", stringsAsFactors = FALSE
  )
  as_described(rows, dictionary)
}

# Columns named entity.field get the type that the dictionary says. Meanings of codes stay text.
as_described <- function(rows, dictionary) {
  types <- setNames(dictionary$type, paste(dictionary$entity, dictionary$name, sep = "."))
  several <- setNames(dictionary$is_multi_select %in% "yes", names(types))
  for (name in intersect(names(rows), names(types))) {
    # Several values in one cell are a JSON list: jsonlite::fromJSON reads each.
    if (!several[[name]]) rows[[name]] <- as_type(rows[[name]], types[[name]])
  }
  rows
}

as_type <- function(values, type) {
  converted <- switch(type,
    integer = , float = suppressWarnings(as.numeric(values)),
    date = as.Date(values, format = "%Y-%m-%d"),
    datetime = as.POSIXct(values, format = "%Y-%m-%dT%H:%M:%OSZ", tz = "UTC"),
    values
  )
  # Of decoded values and those with labels of sparse codes, text is all that can be had.
  if (identical(is.na(converted), is.na(values))) converted else values
}

# Raw codes as a factor whose levels are the meanings, in the order of the coding.
as_coded <- function(values, codings, coding) {
  places <- codings[codings$coding_name == coding, ]
  places <- places[order(as.integer(places$display_order)), ]
  places <- places[!duplicated(places$code), ]
  factor(as_code(values), levels = places$code, labels = make.unique(places$meaning))
}

# R writes the number 100000 as 1e+05, which is no code.
as_code <- function(values) {
  if (!is.double(values) || inherits(values, "integer64")) return(as.character(values))
  whole <- !is.na(values) & values == round(values)
  ifelse(whole, sprintf("%.0f", values), as.character(values))
}

read_dictionary <- function(folder, part) {
  file <- list.files(folder, pattern = paste0("\\.", part, "\\.csv$"), full.names = TRUE)
  if (length(file) != 1) stop("the folder needs one file *.", part, ".csv: apollo extract dictionary")
  read.csv(file, colClasses = "character", na.strings = "", fileEncoding = "UTF-8")
}

tell <- function(name, rows) {
  missing <- sum(vapply(rows, function(each) if (is.list(each)) 0L else sum(is.na(each)), 0L))
  cat(name, ": ", nrow(rows), " rows, ", ncol(rows), " columns, ", missing, " missing\n", sep = "")
}

require_same <- function(first, second, name) {
  flat <- names(first)[!vapply(first, is.list, TRUE)]
  numbers <- function(rows) {
    rows[flat] <- lapply(rows[flat], function(each) {
      if (is.numeric(each) || inherits(each, "integer64")) as.numeric(each) else each
    })
    rows[flat]
  }
  same <- all.equal(numbers(first), numbers(second), check.attributes = FALSE)
  if (!isTRUE(same)) stop(name, " and its csv file differ: ", paste(same, collapse = "; "))
}

main <- function(folder) {
  dictionary <- read_dictionary(folder, "data_dictionary")
  codings <- read_dictionary(folder, "codings")
  texts <- list.files(folder, pattern = "\\.(csv|tsv)$")
  texts <- texts[!grepl("(dictionary|codings)\\.csv$", texts)]
  for (name in texts) tell(name, read_text(file.path(folder, name), dictionary))
  read_parquet <- parquet_reader()
  if (is.null(read_parquet)) {
    cat("skipped: parquet; none of the packages arrow, duckdb and nanoparquet is here\n")
    return(invisible())
  }
  for (name in list.files(folder, pattern = "\\.parquet$")) {
    rows <- read_parquet(file.path(folder, name))
    tell(name, rows)
    text <- sub("\\.parquet$", ".csv", name)
    if (text %in% texts) require_same(rows, read_text(file.path(folder, text), dictionary), name)
    for (each in which(!is.na(dictionary$coding_name))) {
      path <- paste(dictionary$entity[[each]], dictionary$name[[each]], sep = ".")
      if (path %in% names(rows) && !is.list(rows[[path]])) {
        coded <- as_coded(rows[[path]], codings, dictionary$coding_name[[each]])
        if (any(!is.na(coded))) {
          counts <- table(coded)
          counts <- counts[counts > 0]
          cat("  ", path, ": ", paste(names(counts), counts, collapse = ", "), "\n", sep = "")
        }
      }
    }
  }
  # In a sealed copy every file of a table belongs to the version; in a lake it does not.
  for (table in list.dirs(file.path(folder, "sealed", "tables"), recursive = TRUE)) {
    files <- list.files(table, pattern = "^[^_].*\\.parquet$", full.names = TRUE)
    if (length(files)) tell(paste("sealed", basename(table)), do.call(rbind, lapply(files, read_parquet)))
  }
}

given <- commandArgs(trailingOnly = TRUE)
if (!interactive() && sys.nframe() == 0L) main(if (length(given)) given[[1]] else ".")
