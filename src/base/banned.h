/* Seen by the compiler before every file of ours (see meson.build). */
#pragma once
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#pragma GCC poison strcpy strcat sprintf vsprintf strtok atoi atol atof localtime gmtime gets
