"use client";
import { later } from "@/ui/later";

/** The inspector, loaded with the first decision that is opened. */
export const Inspector = later(() => import("./inspector").then((module) => module.Inspector));
